"""Rule table: the tidy tables of one figure out of the histories that it reads."""

from whysgd.base.files import atomic_path
from whysgd.base.scripting import script_log
from whysgd.config.sweeps import Sweeps
from whysgd.runs.store import RunStore
from whysgd.runs.tables import figure_tables
from whysgd.studies.registry import FIGURES

with script_log(snakemake.log[0]) as logger:
    scale = Sweeps.model_validate(snakemake.params.scale)
    figure = FIGURES[snakemake.wildcards.figure]
    store = RunStore(snakemake.input.ensembles, snakemake.input.histories, scale.runs.seeds)
    tables = figure_tables(figure.readings, scale, store.history)
    for path, table in (
        (snakemake.output.means, tables.means),
        (snakemake.output.runs, tables.runs),
    ):
        with atomic_path(path) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
        logger.info("wrote %s: %d rows", path, len(table))
