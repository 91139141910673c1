"""Rule prepare_dataset: one data set of the scale into one file."""

from pathlib import Path

from whysgd.base.scripting import script_log
from whysgd.data.prepare import prepare_dataset
from whysgd.spec.datasets import DatasetSpec

with script_log(snakemake.log[0]) as logger:
    spec = DatasetSpec.model_validate(snakemake.params.dataset)
    prepare_dataset(
        spec,
        snakemake.output.data,
        snakemake.output.checksum,
        data_folder=Path(folder) if (folder := snakemake.resources.data_folder) else None,
    )
    logger.info("wrote %s: %s", snakemake.output.data, spec)
