"""Rule take_tables: published tables, each compared with its checksum and brought up to date."""

from pathlib import Path

from whysgd.base.files import atomic_path
from whysgd.base.scripting import script_log
from whysgd.config.archive import COSTS, PROVENANCE, read_archive
from whysgd.config.sweeps import Sweeps
from whysgd.runs.published import checked_content
from whysgd.runs.tables import completed_table
from whysgd.studies.registry import FIGURES

with script_log(snakemake.log[0]) as logger:
    archive = read_archive(snakemake.resources.archive)
    wanted = {path: f"tables/{Path(path).name}" for path in snakemake.output.tables}
    wanted |= {snakemake.output.provenance: PROVENANCE, snakemake.output.costs: COSTS}
    for path, name in wanted.items():
        content = checked_content(archive, name)
        figure = Path(name).stem.removesuffix("_runs")
        if figure in snakemake.params.sweeps:
            sweeps = Sweeps.model_validate(snakemake.params.sweeps[figure])
            content = completed_table(name, content, FIGURES[figure].readings, sweeps)
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    logger.info("took %d files of %s", len(wanted), archive.path)
