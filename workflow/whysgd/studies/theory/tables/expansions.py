"""Checks 4, 5 and 7: expansions, the reversed second epoch, and how minibatches are drawn."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory import expansions, sampling, second_epoch
from whysgd.theory.series import Epoch


def table(given: Given) -> pd.DataFrame:
    """Errors on a random cubic and on the tanh perceptron (columns: `fits`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    rows = []
    for problem in (inputs.cubic(settings.num_batches), inputs.perceptron()):
        steps = settings.scaled_steps
        rows.append(expansions.error_rows(Epoch(expansions.CHECK, problem, steps)))
        n = expansions.N_STEP
        rows.append(expansions.n_step_rows(Epoch(expansions.CHECK, problem, steps, n)))
        rows.append(second_epoch.error_rows(Epoch(second_epoch.CHECK, problem, steps, epochs=2)))
        rows.append(
            sampling.error_rows(
                Epoch(sampling.CHECK, problem, steps), settings.gaussian_pairs, settings.seed
            )
        )
    return pd.concat(rows, ignore_index=True)
