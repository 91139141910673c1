"""Checks 1, 2 and 10 on random cubics, perceptrons and, as the exception, ReLU units."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.main_result import CHECK, FLOW, GD, SGD, error_rows, kinked_error_rows
from whysgd.theory.sequences import sampled_orders
from whysgd.theory.series import Epoch


def table(given: Given) -> pd.DataFrame:
    """Errors of the mean iterate after one epoch against four flows (columns: `fits`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    problems = [inputs.cubic(m) for m in settings.cubic_batches]
    problems += [inputs.logistic(), inputs.perceptron()]
    rows = [error_rows(Epoch(CHECK, problem, settings.scaled_steps)) for problem in problems]

    sampled = inputs.cubic(settings.sampled_batches)
    orders = sampled_orders(settings.sampled_batches, settings.sampled_pairs, settings.seed)
    epoch = Epoch(CHECK, sampled, settings.scaled_steps)
    rows.append(error_rows(epoch, orders, (FLOW, GD, SGD)))

    used = settings.num_batches * settings.batch_size
    pixels = inputs.images[:used].reshape(used, -1)
    epoch = Epoch(CHECK, inputs.kinked(), settings.kinked_steps)
    rows.append(kinked_error_rows(epoch, settings.hidden_units, pixels))
    return pd.concat(rows, ignore_index=True)
