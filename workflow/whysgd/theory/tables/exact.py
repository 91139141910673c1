"""Checks 4 and 6: equations that hold exactly."""

import pandas as pd

from whysgd.theory.exact import residual_rows
from whysgd.theory.inputs import TheoryInputs


def table(inputs: TheoryInputs) -> pd.DataFrame:
    """Relative residuals of eqs 2, 17 and 32 (columns: `whysgd.theory.exact`)."""
    m = inputs.settings.num_batches
    problems = (inputs.cubic(m), inputs.logistic(), inputs.perceptron())
    return pd.concat([residual_rows(problem) for problem in problems], ignore_index=True)
