"""Checks 1 and 10 on a convolutional network; a table of its own, since it takes the longest."""

import pandas as pd

from whysgd.theory.inputs import TheoryInputs
from whysgd.theory.main_result import CHECK, error_rows
from whysgd.theory.series import Epoch


def table(inputs: TheoryInputs) -> pd.DataFrame:
    """Errors of the mean iterate after one epoch against four flows (columns: `fits`)."""
    return error_rows(Epoch(CHECK, inputs.convolutional(), inputs.settings.scaled_steps))
