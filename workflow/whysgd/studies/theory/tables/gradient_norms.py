"""Check 6: gradient norms of a network in training, for batch sizes from 1 to all images."""

import pandas as pd

from whysgd.studies.computing import Given
from whysgd.studies.theory.inputs import theory_inputs
from whysgd.theory.gradient_norms import norm_rows
from whysgd.theory.problems import NetworkShape


def table(given: Given) -> pd.DataFrame:
    """Measured and expected squared norms (columns: `whysgd.theory.gradient_norms`)."""
    inputs = theory_inputs(given)
    settings = inputs.settings
    return norm_rows(
        NetworkShape(settings.norm_model, "relu", num_classes=inputs.num_classes),
        inputs.images[: settings.norm_images],
        inputs.dataset.y_train[: settings.norm_images],
        batch_size=settings.norm_batch_size,
        learning_rate=settings.norm_learning_rate,
        epochs=settings.norm_epochs,
        batches=settings.norm_batches,
        seed=settings.seed,
    )
