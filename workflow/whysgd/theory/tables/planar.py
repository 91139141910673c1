"""Check 9: points of the two cartoons."""

import pandas as pd

from whysgd.theory.inputs import TheoryInputs
from whysgd.theory.planar import minima_rows, profile_rows, valley_rows


def table(inputs: TheoryInputs) -> pd.DataFrame:
    """Paths, flows and losses (columns: `whysgd.theory.planar`)."""
    settings = inputs.settings
    parts = [valley_rows(), minima_rows(settings.planar_runs, settings.seed), profile_rows()]
    return pd.concat(parts, ignore_index=True)
