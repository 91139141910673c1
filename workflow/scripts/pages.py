"""Rule write_pages: tables, costs, configuration and provenance as pages of the report."""

from pathlib import Path

import pandas as pd

from whysgd.base.files import write_text
from whysgd.base.scripting import script_log
from whysgd.reporting.pages import (
    configuration_page,
    cost_page,
    figure_page,
    provenance_page,
    table_page,
)
from whysgd.reporting.provenance import read_provenance

with script_log(snakemake.log[0]) as logger:
    scale, output = snakemake.params.scale, snakemake.output
    for path, written in zip(snakemake.input.tables, output.tables, strict=True):
        name = Path(path).stem
        make_page = figure_page if name in snakemake.params.figures else table_page
        write_text(written, make_page(name, pd.read_csv(path), scale))
    record = read_provenance(snakemake.input.provenance)
    write_text(output.costs, cost_page(pd.read_csv(snakemake.input.costs), scale))
    write_text(output.configuration, configuration_page(record))
    write_text(output.provenance, provenance_page(record))
    logger.info("wrote %d pages", len(output))
