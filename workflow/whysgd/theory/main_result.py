"""Checks 1, 2 and 10: the mean over orders of an epoch of SGD against flows of rising order."""

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.theory.flows import kinked_flow_displacements
from whysgd.theory.minibatches import Field, descent
from whysgd.theory.modified_loss import modified_loss_gd, modified_loss_sgd
from whysgd.theory.second_order import second_order_field
from whysgd.theory.sequences import (
    Sequences,
    all_orders,
    mean_and_standard_error,
    sgd_displacements,
    sgd_trajectories,
)
from whysgd.theory.series import Epoch, distances

CHECK = "main_result"
FLOW, GD, SGD, SECOND = "flow on C", "flow on C_GD", "flow on C_SGD", "second-order flow"
EXPECTED = {FLOW: 2.0, GD: 2.0, SGD: 3.0, SECOND: 4.0}


def error_rows(
    epoch: Epoch, orders: Sequences | None = None, flows: tuple[str, ...] = tuple(EXPECTED)
) -> pd.DataFrame:
    """Distance of the mean iterate after one epoch from each flow at the same time.

    With a single minibatch SGD is gradient descent, and the flow on C_GD is of third order too.

    Args:
        epoch: a smooth problem and its learning rates.
        orders: pairs of orders to sample; all orders if not given.
        flows: which; the second-order one is not worth comparing with sampled orders, whose
            error is of third order.
    """
    minibatches, start = epoch.problem.minibatches, epoch.problem.start
    minibatches.require_smooth(f"an order of accuracy of {epoch.problem.name}")
    sequences = all_orders(minibatches.count) if orders is None else orders
    moved = sgd_displacements(minibatches, start, sequences, epoch.learning_rates)
    means, uncertainty = mean_and_standard_error(moved, enumerated=orders is None)
    rows = []
    for name in flows:
        end = epoch.problem.flow_displacements(flow_field(epoch, name), epoch.times)
        expected = EXPECTED[SGD] if (name, minibatches.count) == (GD, 1) else EXPECTED[name]
        rows.append(epoch.rows(name, distances(means, end), expected, uncertainty))
    return pd.concat(rows, ignore_index=True)


def kinked_error_rows(epoch: Epoch, units: int, inputs: NDArray[np.float64]) -> pd.DataFrame:
    """The same for a ReLU network, apart where no unit has switched and where one has.

    While no unit switches on any image the loss is smooth, and all is as for smooth losses. A
    switch makes the gradient jump, and each order meets the jump at a step of its own.

    Args:
        epoch: a perceptron with one hidden layer of ReLU units.
        units: in the hidden layer.
        inputs: images as the network sees them, (N, pixels).
    """
    minibatches, start = epoch.problem.minibatches, epoch.problem.start
    paths = sgd_trajectories(
        minibatches, start, all_orders(minibatches.count), epoch.learning_rates
    )
    before = _active(start, units, inputs)
    switched = (_active(paths, units, inputs) != before).any((1, 2, 3, 4))
    means = (paths[:, :, -1] - start).mean(1)
    rows = []
    for name in (FLOW, GD, SGD):
        end, uncertainty = kinked_flow_displacements(flow_field(epoch, name), start, epoch.times)
        errors = distances(means, end)
        table = epoch.rows(name, errors, EXPECTED[name], uncertainty)
        table.loc[switched, "problem"] = f"{epoch.problem.name}, after a switch"
        table.loc[switched, "expected_slope"] = np.nan
        rows.append(table)
    return pd.concat(rows, ignore_index=True)


def flow_field(epoch: Epoch, name: str) -> Field:
    """Velocities of one of the flows that the mean iterate is compared with."""
    minibatches, rates = epoch.problem.minibatches, tf.constant(epoch.learning_rates)
    if name == SECOND:
        return second_order_field(minibatches, rates)
    loss_fn = {
        FLOW: minibatches.full_loss,
        GD: modified_loss_gd(minibatches, rates),
        SGD: modified_loss_sgd(minibatches, rates),
    }[name]
    return descent(loss_fn)


def _active(
    points: NDArray[np.float64], units: int, inputs: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which hidden units are active on which images: points (..., P) -> (..., N, units)."""
    pixels = inputs.shape[1]
    kernel = points[..., : pixels * units].reshape(*points.shape[:-1], pixels, units)
    bias = points[..., pixels * units : (pixels + 1) * units]
    active: NDArray[np.bool_] = inputs @ kernel + bias[..., np.newaxis, :] > 0
    return active
