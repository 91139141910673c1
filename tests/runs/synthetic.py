"""Sweeps and histories made by hand."""

import numpy as np
import pandas as pd

from whysgd.config.sweeps import Sweeps
from whysgd.training.history import COLUMNS


def sweeps_of(keep_best=2, seeds=(0, 1, 2), **experiments) -> Sweeps:
    """Experiments with a small perceptron; each by its name, with the keys that it changes."""
    program = {
        "dataset": "digits",
        "model": "mlp-4",
        "batch_size": 8,
        "epochs": 2,
        "num_evaluations": 2,
    }
    return Sweeps.model_validate(
        {
            "runs": {"seeds": list(seeds), "keep_best": keep_best},
            "datasets": {"digits": {"source": "digits", "num_train": 320, "num_test": 100}},
            "programs": {"mlp": program},
            "experiments": {
                name: {"program": "mlp", **changes} for name, changes in experiments.items()
            },
        }
    )


def run_rows(seed, test_accuracy, *, diverged_at=-1, **columns):
    """One run's history: one row per value of `test_accuracy`."""
    count = len(test_accuracy)
    values = {name: np.zeros(count) for name in COLUMNS}
    values |= {"seed": seed, "epoch": np.arange(count), "update": 10 * np.arange(count)}
    values |= {"test_accuracy": test_accuracy, "diverged_at": diverged_at, "run_id": f"run-{seed}"}
    return pd.DataFrame({**values, **columns})
