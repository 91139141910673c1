"""Check 9: the two cartoons of backward error analysis, computed in two dimensions."""

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.theory.flows import flow_displacements
from whysgd.theory.minibatches import Field, Minibatches, descent
from whysgd.theory.modified_loss import modified_loss_gd, modified_loss_sgd
from whysgd.theory.sequences import all_orders, sgd_trajectories
from whysgd.training.objective import LossFn

COLUMNS = ("part", "curve", "run", "time", "x", "y")
_CURVE_POINTS = 60
_M = 4  # minibatches of both problems

# A curved valley, and minibatches that want to leave it at different places.
VALLEY_START = np.array([-1.6, 1.4])
VALLEY_RATE, VALLEY_STEPS = 0.16, 6
SGD_RATE = 0.07

# Two minima of equal depth and width, at x = -1 and x = 1.
RIDGE_START = np.array([0.0, 0.5])
RIDGE_RATE, RIDGE_EPOCHS = 0.1, 60
DISAGREEMENT = 2.0


def valley() -> Minibatches:
    """C = 1/2 (y - x^2 / 2)^2 + 1/4 (x - 1)^2 on average; each minibatch shifts and tilts it."""
    shifts = tf.constant([1.5, -1.5, 0.5, -0.5], tf.float64)
    tilts = tf.constant([0.8, 0.4, -0.4, -0.8], tf.float64)

    def losses(points: tf.Tensor, minibatches: tf.Tensor) -> tf.Tensor:
        x, y = points[:, 0], points[:, 1]
        shift, tilt = tf.gather(shifts, minibatches), tf.gather(tilts, minibatches)
        valley_floor = tf.square(y - tf.square(x) / 2 - tilt * x)
        return valley_floor / 2 + tf.square(x - 1 - shift) / 4

    return Minibatches(_M, losses)


def two_minima() -> Minibatches:
    """C = 1/4 (x^2 - 1)^2 + 1/2 y^2; the minibatches differ by s_k y r(x), whose mean is 0.

    r rises from 0 on the left to 1 on the right. There each minibatch alone has its lowest point
    at another y, -s_k; on the left all agree.
    """
    signs = tf.constant([1.3, -1.3, 0.6, -0.6], tf.float64)

    def losses(points: tf.Tensor, minibatches: tf.Tensor) -> tf.Tensor:
        x, y = points[:, 0], points[:, 1]
        strength = DISAGREEMENT * tf.gather(signs, minibatches)
        right = tf.sigmoid(4 * x)
        return tf.square(tf.square(x) - 1) / 4 + tf.square(y) / 2 + strength * right * y

    return Minibatches(_M, losses)


def valley_rows() -> pd.DataFrame:
    """First cartoon (columns `COLUMNS`): part "gd" for gradient descent, part "sgd" for SGD.

    Gradient descent: Euler's points, the flow on C and the one on C_GD. SGD: one epoch in every
    order, all points; its mean; the flows on C and on C_SGD for as long.
    """
    minibatches = valley()
    descent_steps = np.zeros((1, VALLEY_STEPS), np.int32)
    average = Minibatches(1, lambda at, _: minibatches.full_loss([at]))
    rate = np.array([VALLEY_RATE])
    iterates = sgd_trajectories(average, VALLEY_START, descent_steps, rate)[0]
    time = VALLEY_STEPS * VALLEY_RATE
    modified = modified_loss_gd(minibatches, tf.constant(VALLEY_RATE, tf.float64))
    rows = [
        _path("gd", "iterates", iterates[0], VALLEY_RATE),
        _curve("gd", "flow on C", descent(minibatches.full_loss), VALLEY_START, time),
        _curve("gd", "flow on C_GD", descent(modified), VALLEY_START, time),
    ]
    paths = sgd_trajectories(minibatches, VALLEY_START, all_orders(_M), np.array([SGD_RATE]))[0]
    rows += [_path("sgd", "order", path, SGD_RATE, run) for run, path in enumerate(paths)]
    time = _M * SGD_RATE
    mean = paths[:, -1].mean(0)
    modified = modified_loss_sgd(minibatches, tf.constant(SGD_RATE, tf.float64))
    rows += [
        pd.DataFrame([("sgd", "mean", 0, time, *mean)], columns=list(COLUMNS)),
        _curve("sgd", "flow on C", descent(minibatches.full_loss), VALLEY_START, time),
        _curve("sgd", "flow on C_SGD", descent(modified), VALLEY_START, time),
    ]
    return pd.concat(rows, ignore_index=True)


def minima_rows(runs: int, seed: int) -> pd.DataFrame:
    """Second cartoon (columns `COLUMNS`): runs from the ridge between two minima.

    The ridge is at x = 0, where C's gradient along x is 0: gradient flow on C does not choose.
    Curves: SGD's points at the ends of epochs, in a new random order every epoch; their mean; both
    flows.
    """
    minibatches = two_minima()
    orders = np.stack(
        [
            np.concatenate(
                [
                    generator(seed, Purpose.THEORY_ORDERS, run, epoch).permutation(_M)
                    for epoch in range(RIDGE_EPOCHS)
                ]
            )
            for run in range(runs)
        ]
    ).astype(np.int32)
    paths = sgd_trajectories(minibatches, RIDGE_START, orders, np.array([RIDGE_RATE]))[0]
    epochs = paths[:, ::_M]
    time = RIDGE_EPOCHS * _M * RIDGE_RATE
    modified = modified_loss_sgd(minibatches, tf.constant(RIDGE_RATE, tf.float64))
    rows = [_path("runs", "SGD", path, _M * RIDGE_RATE, run) for run, path in enumerate(epochs)]
    rows += [
        _path("runs", "mean", epochs.mean(0), _M * RIDGE_RATE),
        _curve("runs", "flow on C", descent(minibatches.full_loss), RIDGE_START, time),
        _curve("runs", "flow on C_SGD", descent(modified), RIDGE_START, time),
    ]
    return pd.concat(rows, ignore_index=True)


def profile_rows() -> pd.DataFrame:
    """Losses on lines through the two minima (columns `COLUMNS`, the loss in column time).

    Parts "left" and "right" go along y through x = -1 and x = 1; part "between" along x at y = 0.
    """
    minibatches = two_minima()
    rate = tf.constant(RIDGE_RATE, tf.float64)
    curves = {
        "C": minibatches.full_loss,
        "C_SGD": modified_loss_sgd(minibatches, rate),
        **{f"C_{k + 1}": _single(minibatches, k) for k in range(_M)},
    }
    offsets = np.linspace(-3, 3, 121)
    lines = {
        "left": np.stack([np.full(121, -1.0), offsets], 1),
        "right": np.stack([np.full(121, 1.0), offsets], 1),
        "between": np.stack([np.linspace(-1.7, 1.7, 121), np.zeros(121)], 1),
    }
    return pd.concat(
        [
            _frame(part, name, 0, loss([tf.constant(points)]).numpy(), points)
            for part, points in lines.items()
            for name, loss in curves.items()
        ],
        ignore_index=True,
    )


def _single(minibatches: Minibatches, number: int) -> LossFn:
    """One minibatch's loss."""
    return lambda parameters: minibatches.losses(
        parameters[0], tf.fill(parameters[0].shape[0], number)
    )


def _path(
    part: str, curve: str, points: NDArray[np.float64], step: float, run: int = 0
) -> pd.DataFrame:
    return _frame(part, curve, run, step * np.arange(len(points), dtype=np.float64), points)


def _curve(
    part: str, curve: str, field: Field, start: NDArray[np.float64], time: float
) -> pd.DataFrame:
    """A flow, from its displacements at many times at once."""
    times = np.linspace(0, time, _CURVE_POINTS + 1)
    moved = flow_displacements(field, start, times[1:], relative_tolerance=1e-10)
    points = np.concatenate([start[np.newaxis], start + moved])
    return _frame(part, curve, 0, times, points)


def _frame(
    part: str,
    curve: str,
    run: int,
    time: NDArray[np.floating],
    points: NDArray[np.float64],
) -> pd.DataFrame:
    columns = {"part": part, "curve": curve, "run": run, "time": time}
    return pd.DataFrame({**columns, "x": points[:, 0], "y": points[:, 1]}, columns=list(COLUMNS))
