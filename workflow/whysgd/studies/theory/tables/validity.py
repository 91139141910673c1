"""Check 8 on the tanh perceptron."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.validity import reach_rows


def table(given: Given) -> pd.DataFrame:
    """Errors over the length of an epoch (columns: `whysgd.theory.validity`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    return reach_rows(
        inputs.perceptron(max(settings.validity_batches)),
        settings.validity_batches,
        settings.validity_steps,
        settings.validity_pairs,
        settings.seed,
    )
