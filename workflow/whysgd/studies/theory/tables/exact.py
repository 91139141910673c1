"""Checks 4 and 6: equations that hold exactly."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.exact import residual_rows


def table(given: Given) -> pd.DataFrame:
    """Relative residuals of eqs 2, 17 and 32 (columns: `whysgd.theory.exact`)."""
    inputs = theory_inputs(given)
    m = inputs.settings.num_batches
    problems = (inputs.cubic(m), inputs.logistic(), inputs.perceptron())
    return pd.concat([residual_rows(problem) for problem in problems], ignore_index=True)
