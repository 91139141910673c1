"""Checks 1 and 10 on a convolutional network; a table of its own, since it takes the longest."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.main_result import CHECK, error_rows
from whysgd.theory.series import Epoch


def table(given: Given) -> pd.DataFrame:
    """Errors of the mean iterate after one epoch against four flows (columns: `fits`)."""
    inputs = theory_inputs(given)
    return error_rows(Epoch(CHECK, inputs.convolutional(), inputs.settings.scaled_steps))
