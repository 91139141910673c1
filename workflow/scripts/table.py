"""Rule table: the tidy tables of one figure out of the histories that it reads."""

from whysgd.base.files import atomic_path
from whysgd.base.scripting import script_log
from whysgd.config.settings import Sweeps
from whysgd.runs.store import RunStore
from whysgd.runs.tables import figure_table, run_table
from whysgd.studies.registry import FIGURES

with script_log(snakemake.log[0]) as logger:
    scale = Sweeps.model_validate(snakemake.params.scale)
    figure = FIGURES[snakemake.wildcards.figure]
    store = RunStore(snakemake.input.ensembles, snakemake.input.histories, scale.runs.seeds)
    for path, make_table in (
        (snakemake.output.means, figure_table),
        (snakemake.output.runs, run_table),
    ):
        table = make_table(figure, scale, store.history)
        with atomic_path(path) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
        logger.info("wrote %s: %d rows", path, len(table))
