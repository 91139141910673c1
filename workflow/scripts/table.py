"""Rule table: the tidy table of one figure out of the histories that it reads."""

from whysgd.aggregate import figure_table
from whysgd.files import atomic_path
from whysgd.runs import RunStore
from whysgd.scripting import script_log
from whysgd.settings import Sweeps
from whysgd.studies.implicit_regularization import figure_named

with script_log(snakemake.log[0]) as logger:
    scale = Sweeps.model_validate(snakemake.params.scale)
    store = RunStore(snakemake.input.ensembles, snakemake.input.histories, scale.runs.seeds)
    table = figure_table(figure_named(snakemake.wildcards.figure), scale, store.history)
    with atomic_path(snakemake.output[0]) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    logger.info("wrote %s: %d rows", snakemake.output[0], len(table))
