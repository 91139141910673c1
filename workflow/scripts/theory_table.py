"""Rule compute_theory_*: computes tables of the theory study."""

import importlib
import os

from whysgd.base.origin import log_origin
from whysgd.base.scripting import script_log
from whysgd.training.job.runtime import execution, start_tensorflow

with script_log(snakemake.log[0]) as logger:
    # TensorFlow warns of each float64 operation that oneDNN leaves alone.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    start_tensorflow(snakemake.threads)
    log_origin(logger, execution())

    from whysgd.base.files import atomic_path
    from whysgd.data.dataset import read_dataset
    from whysgd.theory.inputs import TheoryInputs
    from whysgd.theory.settings import TheorySettings

    inputs = TheoryInputs(
        TheorySettings.model_validate(snakemake.params.theory),
        read_dataset(snakemake.input.data, snakemake.input.checksum),
        snakemake.params.num_classes,
    )
    for name, output in zip(snakemake.params.modules, snakemake.output, strict=True):
        table = importlib.import_module(f"whysgd.theory.tables.{name}").table(inputs)
        with atomic_path(output) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
        logger.info("wrote %s: %d rows", output, len(table))
