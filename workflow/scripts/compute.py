"""Rules compute_*: each computes tables of a study that need no runs."""

import importlib
import os
from pathlib import Path

import pandas as pd

from whysgd.base.scripting import script_log
from whysgd.training.job.runtime import start_tensorflow

with script_log(snakemake.log[0]) as logger:
    inputs, params = snakemake.input, snakemake.params
    if inputs.data:
        # TensorFlow warns of each float64 operation that oneDNN leaves alone.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        start_tensorflow(snakemake.threads)

    from whysgd.base.files import atomic_path
    from whysgd.data.dataset import read_dataset
    from whysgd.studies.computing import Given

    given = Given(
        params.settings,
        read_dataset(inputs.data[0], inputs.checksum[0]) if inputs.data else None,
        params.num_classes,
        {Path(path).stem: pd.read_csv(path) for path in inputs.tables},
    )
    for module, output in zip(params.modules, snakemake.output, strict=True):
        table = importlib.import_module(module).table(given)
        with atomic_path(output) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
        logger.info("wrote %s: %d rows", output, len(table))
