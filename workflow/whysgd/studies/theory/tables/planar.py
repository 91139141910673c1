"""Check 9: points of the two cartoons."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.planar import minima_rows, profile_rows, valley_rows


def table(given: Given) -> pd.DataFrame:
    """Paths, flows and losses (columns: `whysgd.theory.planar`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    parts = [valley_rows(), minima_rows(settings.planar_runs, settings.seed), profile_rows()]
    return pd.concat(parts, ignore_index=True)
