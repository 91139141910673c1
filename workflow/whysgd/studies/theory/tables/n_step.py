"""Check 3: n-step SGD on a random cubic and on the tanh perceptron."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.n_step import CHECK, error_rows
from whysgd.theory.series import Epoch


def table(given: Given) -> pd.DataFrame:
    """Errors of the mean iterate of n-step SGD against three flows (columns: `fits`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    rows = [
        error_rows(Epoch(CHECK, problem, settings.scaled_steps, updates_per_batch=n))
        for problem in (inputs.cubic(settings.num_batches), inputs.perceptron())
        for n in settings.updates_per_batch
    ]
    return pd.concat(rows, ignore_index=True)
