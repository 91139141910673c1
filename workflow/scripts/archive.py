"""Rule archive_tables: all that others need to draw the figures without training."""

from pathlib import Path

import yaml

from whysgd.base.scripting import script_log
from whysgd.config.archive import COSTS, PROVENANCE, SCALE, write_archive

with script_log(snakemake.log[0]) as logger:
    contents = {f"tables/{Path(p).name}": Path(p).read_bytes() for p in snakemake.input.tables}
    contents[PROVENANCE] = Path(snakemake.input.provenance).read_bytes()
    contents[COSTS] = Path(snakemake.input.costs).read_bytes()
    contents[SCALE] = yaml.safe_dump(snakemake.params.scale, sort_keys=False).encode()
    write_archive(snakemake.output[0], snakemake.params.name, contents)
    logger.info("wrote %s: %d tables", snakemake.output[0], len(snakemake.input.tables))
