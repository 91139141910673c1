"""Checks 3 to 9 on small problems, and that a wrong coefficient fails them."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tests.theory.polynomials import Polynomials
from tests.theory.test_main_result import STEPS, TOLERANCE, network, polynomial
from whysgd.base.errors import UserError
from whysgd.studies.computing import Given
from whysgd.studies.theory.tables import gradient_norms as gradient_norms_table
from whysgd.theory import (
    exact,
    expansions,
    gradient_norms,
    modified_loss,
    n_step,
    sampling,
    second_epoch,
)
from whysgd.theory.fits import slope_table
from whysgd.theory.inputs import TheoryInputs
from whysgd.theory.problems import NetworkShape, network_minibatches
from whysgd.theory.second_order import second_order_correction
from whysgd.theory.series import Epoch
from whysgd.theory.settings import TheorySettings
from whysgd.theory.validity import reach_rows


def slopes(rows):
    table = slope_table(rows)
    return dict(zip(table["quantity"], table["slope"], strict=True))


def expected(rows):
    return rows.groupby("quantity", sort=False)["expected_slope"].first().to_dict()


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_bare_learning_rate_gives_n_step_sgd_third_order(n):
    rows = n_step.error_rows(Epoch("n_step", polynomial(3), STEPS, updates_per_batch=n))
    wanted = {n_step.FLOW: 2, n_step.BARE: 3, n_step.EFFECTIVE: 3 if n == 1 else 2}
    assert slopes(rows) == pytest.approx(wanted, abs=TOLERANCE)
    assert expected(rows) == wanted


def test_the_effective_rate_for_the_bare_one_fails_the_same_check(monkeypatch):
    def wrong(minibatches, effective, updates_per_batch):
        return modified_loss.modified_loss_sgd(minibatches, effective)

    monkeypatch.setattr(n_step, "modified_loss_n_step_sgd", wrong)
    rows = n_step.error_rows(Epoch("n_step", polynomial(3), STEPS, updates_per_batch=2))
    assert slopes(rows)[n_step.BARE] == pytest.approx(2, abs=TOLERANCE)


def test_for_n_2_the_effective_rate_is_as_far_off_as_no_regularizer():
    # The right strength lies half way between none and n alpha.
    rows = n_step.error_rows(Epoch("n_step", polynomial(3), STEPS, updates_per_batch=2))
    errors = {name: part["error"].iloc[0] for name, part in rows.groupby("quantity")}
    assert errors[n_step.EFFECTIVE] == pytest.approx(errors[n_step.FLOW], rel=0.02)


@pytest.mark.parametrize(("make", "kind"), [(polynomial, 3), (network, "mlp-3")])
def test_what_expansions_leave_over_is_of_the_next_order(make, kind):
    problem = make(kind)
    rows = pd.concat(
        [
            expansions.error_rows(Epoch("e", problem, STEPS)),
            expansions.n_step_rows(Epoch("e", problem, STEPS, updates_per_batch=3)),
        ]
    )
    assert slopes(rows) == pytest.approx(expected(rows), abs=TOLERANCE)
    assert len(expected(rows)) == 6


def test_gradients_and_products_are_numpys():
    problem = Polynomials(3)
    g, products = expansions.products_at(problem.minibatches, problem.w)
    np.testing.assert_allclose(g, problem.gradient(problem.w), rtol=1e-12)
    wanted = np.einsum("jab,kb->jka", problem.hessian(problem.w), problem.gradient(problem.w))
    np.testing.assert_allclose(products, wanted, rtol=1e-12)


def test_second_order_terms_sum_over_pairs_in_order():
    products = np.arange(18.0).reshape(3, 3, 2)
    terms = expansions.second_order_terms(products, np.array([[2, 0, 1]]))
    np.testing.assert_array_equal(terms[0], products[0, 2] + products[1, 2] + products[1, 0])


def test_a_reversed_second_epoch_needs_no_mean():
    rows = second_epoch.error_rows(Epoch("s", polynomial(3), STEPS, epochs=2))
    wanted = {second_epoch.REVERSED: 3, second_epoch.REPEATED: 2}
    assert slopes(rows) == pytest.approx(wanted, abs=TOLERANCE)


def test_a_wrong_quarter_fails_the_reversed_epoch(monkeypatch):
    monkeypatch.setattr(modified_loss, "reg_strength", lambda rates: rates / 2)
    rows = second_epoch.error_rows(Epoch("s", polynomial(3), STEPS, epochs=2))
    assert slopes(rows)[second_epoch.REVERSED] == pytest.approx(2, abs=TOLERANCE)


def test_exact_identities_hold_to_rounding():
    for problem in (polynomial(4), network("mlp-3")):
        rows = exact.residual_rows(problem)
        assert len(rows) == 3
        assert (rows["residual"] < 1e-12).all()


def test_identities_fail_with_a_wrong_quarter(monkeypatch):
    monkeypatch.setattr(exact, "reg_strength", lambda rate: rate / 2)
    assert exact.residual_rows(polynomial(4))["residual"].iloc[0] > 1e-3


def all_subsets(gradients, size):
    chosen = itertools.combinations(range(len(gradients)), size)
    return [gradients[list(subset)].mean(0) for subset in chosen]


def test_the_expected_norm_is_exact_over_all_minibatches():
    gradients = np.random.default_rng(0).normal(size=(9, 5)) + 0.3
    sizes = np.arange(1, 10)
    wanted = gradient_norms.expected_sq_norms(gradients, sizes)
    for size, value in zip(sizes, wanted, strict=True):
        norms = [g @ g for g in all_subsets(gradients, size)]
        assert np.mean(norms) == pytest.approx(value, rel=1e-12)
        batches = np.array(list(itertools.combinations(range(9), size)))
        got = gradient_norms.sq_norms_of(gradients @ gradients.T, batches)
        np.testing.assert_allclose(got, norms, rtol=1e-12)
    assert gradient_norms.expected_sq_norms(gradients[:1], np.array([1]))[0] == pytest.approx(
        gradients[0] @ gradients[0]
    )


def norm_rows(epochs):
    rng = np.random.default_rng(1)
    return gradient_norms.norm_rows(
        NetworkShape("mlp-4", "relu", num_classes=3),
        rng.normal(size=(12, 4, 4, 1)),
        rng.integers(0, 3, 12, np.int32),
        batch_size=4,
        learning_rate=0.05,
        epochs=epochs,
        batches=3000,
        seed=0,
    )


@pytest.mark.parametrize("epochs", [(3, 0), (0, 2, 2), (-1, 2)])
def test_norms_are_not_measured_at_epochs_that_go_back(epochs):
    with pytest.raises(ValueError, match="must not be negative, and must increase"):
        norm_rows(epochs)


def test_measured_norms_agree_with_the_expected_ones_within_their_errors():
    rows = norm_rows((0, 3))
    assert tuple(rows.columns) == gradient_norms.COLUMNS
    assert sorted(rows["batch_size"].unique()) == [1, 2, 4, 8, 11, 12]
    off = (rows["mean_sq_norm"] - rows["expected"]).abs()
    # Twelve points: 4 standard errors are exceeded once in a thousand seeds.
    assert (off <= 4 * rows["standard_error"] + 1e-12 * rows["expected"]).all()
    full, single = rows[rows["batch_size"] == 12], rows[rows["batch_size"] == 1]
    np.testing.assert_allclose(full["mean_sq_norm"], full["full_sq_norm"], rtol=1e-12)
    np.testing.assert_allclose(
        single["expected"], single["full_sq_norm"] + single["variance"], rtol=1e-12
    )
    assert rows["full_sq_norm"].nunique() == 2  # the network has moved


def test_shuffling_has_less_noise_than_drawing_with_replacement():
    rows = sampling.error_rows(Epoch("s", polynomial(3), STEPS), pairs=2000, seed=0)
    assert slopes(rows) == pytest.approx(expected(rows), abs=TOLERANCE)
    assert list(expected(rows).values()) == [2, 2, 1, 2, 1, 2]
    ratios = slope_table(rows).set_index("quantity")["leading_ratio"]
    exactly = ratios[~ratios.index.str.startswith("eq. 23")]
    # The next term is about 2^-9 of the first.
    np.testing.assert_allclose(exactly, 1, atol=0.01)
    # 2000 pairs: a standard deviation is known to 2 %, a bias here to 5 %.
    np.testing.assert_allclose(ratios, 1, atol=0.15)


def test_the_noise_of_shuffling_is_that_of_all_orders():
    g, products = expansions.products_at(polynomial(4).minibatches, polynomial(4).start)
    orders = np.array(list(itertools.permutations(range(4))))
    terms = expansions.second_order_terms(products, orders)
    wanted = np.sqrt(terms.var(0).sum())
    got, power = sampling.leading_terms(g, products)["shuffled: standard deviation"]
    assert (got, power) == (pytest.approx(wanted, rel=1e-12), 2)


def test_gaussian_noise_has_the_minibatches_covariance():
    problem = Polynomials(3)
    rate = np.array([1e-8])  # so small that nothing but the noise itself is left
    ends = sampling.gaussian_displacements(problem.minibatches, problem.w, rate, 4000, seed=1)[0]
    pairs = ends[::2] + ends[1::2]
    np.testing.assert_allclose(pairs, np.broadcast_to(pairs[0], pairs.shape), atol=1e-13)
    g = problem.gradient(problem.w)
    wanted = 3 * np.cov(g.T, ddof=0)  # three updates
    # 4000 draws: entries are known to about 2 % of the largest.
    np.testing.assert_allclose(
        np.cov(ends.T, ddof=0) / rate**2, wanted, atol=0.08 * np.abs(wanted).max()
    )


def test_the_second_order_term_is_no_gradient_even_for_gradient_descent():
    problem = Polynomials(1)
    at = tf.constant(problem.w[np.newaxis])
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = second_order_correction(problem.minibatches)(at)
    jacobian = tape.jacobian(value, at)[0, :, 0].numpy()
    hessian, slope = problem.hessian(problem.w)[0], problem.t[0] @ problem.gradient(problem.w)[0]
    # Of -(1/3) H H g - (1/12) T[g, g]; with M = T[g] that is (M H - H M) / 12, derived by hand.
    wanted = (slope @ hessian - hessian @ slope) / 12
    np.testing.assert_allclose((jacobian - jacobian.T) / 2, wanted, atol=1e-11)
    assert np.abs(wanted).max() > 0.01


def test_longer_epochs_and_larger_rates_leave_more_unexplained():
    rows = reach_rows(network("mlp-3"), (1, 3), (2.0**-5, 2.0**-1), pairs=4, seed=0)
    modified = rows[rows["flow"] == "flow on C_SGD"].set_index(["num_batches", "scaled_rate"])
    left = modified["unexplained"]
    assert (left < 1).all()
    assert left[1, 2.0**-1] > 4 * left[1, 2.0**-5]
    assert left[3, 2.0**-1] > 4 * left[3, 2.0**-5]
    second = rows[rows["flow"] == "second-order flow"]["unexplained"].to_numpy()
    assert (second < left.to_numpy()).all()
    np.testing.assert_array_equal(rows[rows["flow"] == "flow on C"]["unexplained"], 1)


def test_sampled_epochs_come_with_their_standard_error():
    problem = polynomial(7)
    rows = reach_rows(problem, (7,), (2.0**-6,), pairs=20, seed=0)
    assert (rows["standard_error"] > 0).all()
    assert (rows["error"] > 0).all()
    with pytest.raises(UserError, match="beyond stability"):
        reach_rows(problem, (7,), (2.1,), pairs=20, seed=0)


SMALL = TheorySettings(
    dataset="digits",
    num_batches=2,
    batch_size=3,
    hidden_units=2,
    base_width=1,
    norm_model="mlp-2",
    norm_images=8,
    norm_epochs=(0, 1),
    norm_batches=50,
    validity_batches=(1, 2),
)


def test_the_studys_problems_are_made_of_the_first_images(dataset):
    inputs = TheoryInputs(SMALL, dataset, num_classes=10)
    assert inputs.logistic().minibatches.count == 2
    assert inputs.logistic().minibatches.smooth
    assert not inputs.kinked().minibatches.smooth
    assert len(inputs.perceptron().start) == 64 * 2 + 2 + 2 * 10 + 10
    assert inputs.cubic(2).start.shape == (6,)
    np.testing.assert_allclose(inputs.images.mean((1, 2, 3)), 0, atol=1e-12)


def test_every_network_has_the_data_sets_classes(dataset):
    inputs = TheoryInputs(SMALL, dataset, num_classes=12)
    assert len(inputs.logistic().start) == (64 + 1) * 12
    for problem in (inputs.perceptron(), inputs.kinked()):
        assert len(problem.start) == 64 * 2 + 2 + (2 + 1) * 12
    wider = TheoryInputs(SMALL, dataset, num_classes=13)
    # One more output of the last layer: its 4 kernels and its bias.
    assert len(wider.convolutional().start) - len(inputs.convolutional().start) == 4 + 1

    labels = np.arange(22, dtype=np.int32) % 12
    images = dataclasses.replace(dataset, y_train=labels)
    many = Given(SMALL.model_dump(mode="json"), images, num_classes=12)
    assert (gradient_norms_table.table(many)["variance"] > 0).all()
    with pytest.raises(ValueError, match="labels 0 to 7 for 7 classes"):
        gradient_norms_table.table(dataclasses.replace(many, num_classes=7))


def test_a_label_without_a_class_is_an_error():
    images, labels = np.zeros((2, 3, 4, 4, 1)), np.array([[0, 1, 2], [2, 3, 0]], np.int32)
    network_minibatches(NetworkShape("linear", num_classes=4), images, labels)
    with pytest.raises(ValueError, match="labels 0 to 3 for 3 classes"):
        network_minibatches(NetworkShape("linear", num_classes=3), images, labels)
