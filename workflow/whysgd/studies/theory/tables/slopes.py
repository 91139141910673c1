"""Fitted orders of accuracy of all tables of errors."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.theory.fits import slope_table


def table(given: Given) -> pd.DataFrame:
    """The slope of every series of errors, with its interval (columns: `fits`)."""
    return slope_table(pd.concat(given.tables.values(), ignore_index=True))
