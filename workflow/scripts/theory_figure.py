"""Rule draw_theory_*: draws one figure of the theory study from its tables."""

from pathlib import Path

import pandas as pd

from whysgd.base.origin import credit
from whysgd.base.scripting import script_log
from whysgd.figures.render import draw_theory_figure, save_figure

with script_log(snakemake.log[0]) as logger:
    tables = {Path(path).stem: pd.read_csv(path) for path in snakemake.input.tables}
    figure = draw_theory_figure(snakemake.params.module, tables)
    save_figure(
        figure,
        snakemake.output.pdf,
        snakemake.output.png,
        title=f"{Path(snakemake.output.pdf).stem}, scale {snakemake.params.scale}",
        subject=credit(snakemake.params.configuration),
    )
    logger.info("drew %s", snakemake.output.pdf)
