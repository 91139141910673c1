"""Check 8 on the tanh perceptron."""

import pandas as pd

from whysgd.theory.inputs import TheoryInputs
from whysgd.theory.validity import reach_rows


def table(inputs: TheoryInputs) -> pd.DataFrame:
    """Errors over the length of an epoch (columns: `whysgd.theory.validity`)."""
    settings = inputs.settings
    return reach_rows(
        inputs.perceptron(max(settings.validity_batches)),
        settings.validity_batches,
        settings.validity_steps,
        settings.validity_pairs,
        settings.seed,
    )
