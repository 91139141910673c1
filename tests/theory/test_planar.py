"""The two cartoons."""

import numpy as np
import pytest
import tensorflow as tf

from whysgd.theory.planar import RIDGE_RATE, minima_rows, profile_rows, two_minima, valley_rows


@pytest.fixture(scope="module")
def valley():
    return valley_rows()


def ends(table, part, curve):
    rows = table[(table["part"] == part) & (table["curve"] == curve)]
    return rows.groupby("run").tail(1)[["x", "y"]].to_numpy()


@pytest.mark.parametrize(
    ("part", "target", "modified"),
    [("gd", "iterates", "flow on C_GD"), ("sgd", "mean", "flow on C_SGD")],
)
def test_the_modified_flow_ends_nearer(valley, part, target, modified):
    goal = ends(valley, part, target)
    plain, better = (
        np.linalg.norm(ends(valley, part, curve) - goal) for curve in ("flow on C", modified)
    )
    assert better < plain / 2


def test_the_mean_is_over_all_orders(valley):
    points = ends(valley, "sgd", "order")
    assert len(points) == 24
    np.testing.assert_allclose(points.mean(0), ends(valley, "sgd", "mean")[0], rtol=1e-12)


def test_flows_run_as_long_as_the_iterates(valley):
    for part in ("gd", "sgd"):
        times = valley[valley["part"] == part].groupby("curve")["time"].max()
        np.testing.assert_allclose(times, times.iloc[0], rtol=1e-12)


def test_both_minima_are_equally_deep_and_wide():
    minibatches = two_minima()
    with tf.GradientTape() as outer:
        at = tf.constant([[-1.0, 0.0], [1.0, 0.0]], tf.float64)
        outer.watch(at)
        with tf.GradientTape() as inner:
            inner.watch(at)
            loss = minibatches.full_loss([at])
        gradient = inner.gradient(loss, at)
    np.testing.assert_allclose(loss, 0, atol=1e-15)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)
    hessians = outer.batch_jacobian(gradient, at).numpy()
    np.testing.assert_allclose(hessians[0], hessians[1], atol=1e-14)


def test_the_modified_loss_tells_the_minima_apart():
    table = profile_rows()
    at_zero = table[np.isclose(table["y"], 0) & table["part"].isin(["left", "right"])]
    depth = at_zero.set_index(["part", "curve"])["time"]
    assert depth["left", "C"] == pytest.approx(depth["right", "C"], abs=1e-15)
    # (epsilon / 4) times the mean square of s_k, where r is 0.98 and not 1.
    wanted = RIDGE_RATE / 4 * 2.0**2 * (1.3**2 + 0.6**2) / 2
    assert depth["right", "C_SGD"] - depth["left", "C_SGD"] == pytest.approx(wanted, rel=0.05)


def test_runs_from_the_ridge_drift_to_where_minibatches_agree():
    table = minima_rows(40, seed=3)
    points = ends(table, "runs", "SGD")
    assert len(points) == 40
    assert (points[:, 0] < 0).mean() > 0.8
    assert ends(table, "runs", "flow on C_SGD")[0, 0] == pytest.approx(-1, abs=0.01)
    assert ends(table, "runs", "flow on C")[0, 0] == pytest.approx(0, abs=1e-6)
