"""Checks 4 and 6: equations that hold exactly, as residuals to be compared with rounding."""

import itertools

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.theory.expansions import mean_second_order_term, products_at, second_order_terms
from whysgd.theory.gradient_norms import expected_sq_norms, sq_norms_of
from whysgd.theory.modified_loss import modified_loss_gd, modified_loss_sgd
from whysgd.theory.problems import Problem
from whysgd.theory.sequences import all_orders
from whysgd.training.objective import reg_strength

COLUMNS = ("problem", "equation", "residual")
_LEARNING_RATE = 1.0  # the identities hold at any


def residual_rows(problem: Problem) -> pd.DataFrame:
    """Relative residuals of eqs 2, 17 and 32 at the problem's start (columns `COLUMNS`).

    Eq. 32 is enumerated with the minibatches in the part of examples: over all their subsets.
    """
    g, products = products_at(problem.minibatches, problem.start)
    found = {
        "eq. 2: the modified losses differ by the variance": _modified_losses(problem, g),
        "eq. 17: the mean over all orders": _mean_over_orders(products),
        "eq. 32: the expected norm of a minibatch gradient": _expected_norms(g),
    }
    rows = [(problem.name, equation, residual) for equation, residual in found.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _modified_losses(problem: Problem, g: NDArray[np.float64]) -> float:
    """C_SGD = C_GD + (epsilon / 4m) sum_k ||g_k - g||^2, relative to C_SGD."""
    rate, at = tf.constant(_LEARNING_RATE, tf.float64), [tf.constant(problem.start[np.newaxis])]
    sgd, gd = (
        float(loss(problem.minibatches, rate)(at)[0])
        for loss in (modified_loss_sgd, modified_loss_gd)
    )
    variance = float(np.square(g - g.mean(0)).sum(1).mean())
    return abs(sgd - gd - float(reg_strength(rate)) * variance) / abs(sgd)


def _mean_over_orders(products: NDArray[np.float64]) -> float:
    terms = second_order_terms(products, all_orders(len(products)))
    expected = mean_second_order_term(products)
    return float(np.linalg.norm(terms.mean(0) - expected) / np.linalg.norm(expected))


def _expected_norms(g: NDArray[np.float64]) -> float:
    """The largest over all batch sizes."""
    sizes = range(1, len(g) + 1)
    measured = [
        sq_norms_of(g @ g.T, np.array(list(itertools.combinations(range(len(g)), size)))).mean()
        for size in sizes
    ]
    expected = expected_sq_norms(g, np.array(sizes))
    return float(np.max(np.abs(np.array(measured) - expected) / expected))
