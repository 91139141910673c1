"""Rules draw_*: each draws one figure from its table."""

from pathlib import Path

import pandas as pd

from whysgd.base.origin import credit
from whysgd.base.scripting import script_log
from whysgd.figures.render import draw_figure, save_figure
from whysgd.figures.style import FigureContext
from whysgd.spec.paper import load_paper_values

with script_log(snakemake.log[0]) as logger:
    context = FigureContext(
        snakemake.params.scale,
        load_paper_values(snakemake.input.paper),
        snakemake.params.runs["keep_best"],
    )
    figure = draw_figure(snakemake.params.module, pd.read_csv(snakemake.input.table), context)
    save_figure(
        figure,
        snakemake.output.pdf,
        snakemake.output.png,
        title=f"{Path(snakemake.output.pdf).stem}, scale {snakemake.params.scale}",
        subject=credit(snakemake.params.configuration),
    )
    logger.info("drew %s", snakemake.output.pdf)
