"""Check 8: how far the analysis reaches, at learning rates that stay and epochs that grow."""

import numpy as np
import pandas as pd
import tensorflow as tf

from whysgd.theory.main_result import FLOW, SECOND, SGD
from whysgd.theory.minibatches import descent
from whysgd.theory.modified_loss import modified_loss_sgd
from whysgd.theory.problems import Problem, require_stable
from whysgd.theory.second_order import second_order_field
from whysgd.theory.sequences import (
    all_orders,
    mean_and_standard_error,
    sampled_orders,
    sgd_displacements,
)
from whysgd.theory.series import distances
from whysgd.theory.settings import MOST_ENUMERATED, MOST_SECOND_ORDER

COLUMNS = (
    "problem",
    "flow",
    "num_batches",
    "scaled_rate",
    "scaled_step",
    "learning_rate",
    "error",
    "standard_error",
    "displacement",
    "unexplained",
)
# Effects are percents here, and a flow over many of the curvature's times is long.
_TOLERANCE = 1e-8


def reach_rows(
    problem: Problem,
    num_batches: tuple[int, ...],
    scaled_rates: tuple[float, ...],
    pairs: int,
    seed: int,
) -> pd.DataFrame:
    """Distance of the mean iterate after one epoch from each flow, for epochs of many lengths.

    Args:
        problem: with as many minibatches as the longest epoch; shorter ones take the first.
        num_batches: m of each epoch.
        scaled_rates: learning_rate * sharpness, of the whole problem.
        pairs: orders to sample, each with its reverse, where they are too many to enumerate.
        seed: of those.

    Returns:
        Columns `COLUMNS`. `unexplained` is the error over the one against the flow on C: the part
        of SGD's bias that a modified flow leaves over; from 1 on it is no better than gradient
        flow. `scaled_step` is m * learning_rate * sharpness.

    Raises:
        UserError: a learning rate beyond stability.
    """
    rates = np.array(scaled_rates) / problem.sharpness
    require_stable(problem, float(rates.max()))
    return pd.concat(
        [
            _rows(problem.first(m), rates, np.array(scaled_rates), pairs, seed)
            for m in sorted(num_batches)
        ],
        ignore_index=True,
    )


def _rows(
    problem: Problem, rates: np.ndarray, scaled_rates: np.ndarray, pairs: int, seed: int
) -> pd.DataFrame:
    """One epoch length, all learning rates and flows."""
    minibatches, start, m = problem.minibatches, problem.start, problem.minibatches.count
    enumerated = m <= MOST_ENUMERATED
    orders = all_orders(m) if enumerated else sampled_orders(m, pairs, seed)
    moved = sgd_displacements(minibatches, start, orders, rates)
    means, uncertainty = mean_and_standard_error(moved, enumerated=enumerated)
    fields = {
        FLOW: descent(minibatches.full_loss),
        SGD: descent(modified_loss_sgd(minibatches, tf.constant(rates))),
    }
    if m <= MOST_SECOND_ORDER:
        fields[SECOND] = second_order_field(minibatches, tf.constant(rates))
    tables = []
    for name, field in fields.items():
        end = problem.flow_displacements(field, m * rates, relative_tolerance=_TOLERANCE)
        tables.append(
            pd.DataFrame(
                {
                    "problem": problem.name,
                    "flow": name,
                    "num_batches": m,
                    "scaled_rate": scaled_rates,
                    "scaled_step": m * scaled_rates,
                    "learning_rate": rates,
                    "error": distances(means, end),
                    "standard_error": uncertainty,
                    "displacement": np.linalg.norm(means, axis=1),
                }
            )
        )
    for table in tables:
        table["unexplained"] = table["error"] / tables[0]["error"]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]
