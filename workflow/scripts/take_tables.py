"""Rule take_tables: published tables, each compared with its checksum."""

from pathlib import Path

from whysgd.base.files import atomic_path
from whysgd.base.scripting import script_log
from whysgd.config.archive import COSTS, PROVENANCE, read_archive

with script_log(snakemake.log[0]) as logger:
    archive = read_archive(snakemake.resources.archive)
    wanted = {path: f"tables/{Path(path).name}" for path in snakemake.output.tables}
    wanted |= {snakemake.output.provenance: PROVENANCE, snakemake.output.costs: COSTS}
    for path, name in wanted.items():
        content = archive.read(name)
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    logger.info("took %d files of %s", len(wanted), archive.path)
