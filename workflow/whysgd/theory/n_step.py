"""Check 3: n-step SGD is regularized by its bare learning rate (eqs 33 to 39)."""

import numpy as np
import pandas as pd
import tensorflow as tf

from whysgd.theory.minibatches import descent
from whysgd.theory.modified_loss import modified_loss_n_step_sgd, modified_loss_sgd
from whysgd.theory.sequences import all_orders, sgd_displacements
from whysgd.theory.series import Epoch, distances

CHECK = "n_step"
FLOW, BARE, EFFECTIVE = "flow on C", "strength alpha", "strength n alpha"


def error_rows(epoch: Epoch) -> pd.DataFrame:
    """Distance of the mean iterate after one epoch of n-step SGD from three flows.

    The flows run for m n alpha: on C, on the modified loss with the bare learning rate alpha, and
    on the one of SGD at the effective learning rate n alpha, which is right for n = 1 only.
    """
    minibatches, start, n = epoch.problem.minibatches, epoch.problem.start, epoch.updates_per_batch
    sequences = np.repeat(all_orders(minibatches.count), n, axis=1)
    rates = epoch.learning_rates
    means = sgd_displacements(minibatches, start, sequences, rates).mean(1)
    effective = tf.constant(n * rates)
    rows = []
    for name, loss_fn, expected in (
        (FLOW, minibatches.full_loss, 2.0),
        (BARE, modified_loss_n_step_sgd(minibatches, effective, n), 3.0),
        (EFFECTIVE, modified_loss_sgd(minibatches, effective), 3.0 if n == 1 else 2.0),
    ):
        end = epoch.problem.flow_displacements(descent(loss_fn), epoch.times)
        rows.append(epoch.rows(name, distances(means, end), expected))
    return pd.concat(rows, ignore_index=True)
