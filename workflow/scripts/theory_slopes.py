"""Rule compute_theory_slopes: fitted orders of accuracy of all error tables."""

import pandas as pd

from whysgd.base.files import atomic_path
from whysgd.base.scripting import script_log
from whysgd.theory.fits import slope_table

with script_log(snakemake.log[0]) as logger:
    errors = pd.concat([pd.read_csv(path) for path in snakemake.input.errors], ignore_index=True)
    table = slope_table(errors)
    with atomic_path(snakemake.output[0]) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    logger.info("wrote %s: %d rows", snakemake.output[0], len(table))
