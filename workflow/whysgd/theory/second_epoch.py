"""Check 5: a second epoch in reverse order needs no mean over orders (Section 2.2)."""

import numpy as np
import pandas as pd
import tensorflow as tf

from whysgd.theory.minibatches import descent
from whysgd.theory.modified_loss import modified_loss_sgd
from whysgd.theory.sequences import all_orders, sgd_displacements
from whysgd.theory.series import Epoch, distances

CHECK = "second_epoch"
REVERSED, REPEATED = "reversed, worst order", "repeated, best order"
EXPECTED = {REVERSED: 3.0, REPEATED: 2.0}


def error_rows(epoch: Epoch) -> pd.DataFrame:
    """Distance of single runs of two epochs from the flow on C_SGD of the same time.

    Of all orders of the first epoch the worst one with its second epoch reversed, and the best one
    with the same order twice: what holds for these holds for all.

    Args:
        epoch: with `epochs` = 2.
    """
    minibatches, start = epoch.problem.minibatches, epoch.problem.start
    modified = modified_loss_sgd(minibatches, tf.constant(epoch.learning_rates))
    end = epoch.problem.flow_displacements(descent(modified), epoch.times)
    orders = all_orders(minibatches.count)
    rows = []
    for name, second, extreme in (
        (REVERSED, orders[:, ::-1], np.max),
        (REPEATED, orders, np.min),
    ):
        sequences = np.concatenate([orders, second], 1)
        moved = sgd_displacements(minibatches, start, sequences, epoch.learning_rates)
        errors = extreme(distances(moved, end[:, np.newaxis]), 1)
        rows.append(epoch.rows(name, errors, EXPECTED[name]))
    return pd.concat(rows, ignore_index=True)
