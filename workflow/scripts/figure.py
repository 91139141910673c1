"""Rules draw_*: each draws one figure from its tables."""

import pandas as pd

from whysgd.base.origin import credit
from whysgd.base.scripting import script_log
from whysgd.figures.render import draw_figure, save_figure
from whysgd.figures.style import FigureContext
from whysgd.spec.paper import load_paper_values

with script_log(snakemake.log[0]) as logger:
    params = snakemake.params
    paper_values = {
        key: value
        for path in snakemake.input.paper
        for key, value in load_paper_values(path).items()
    }
    figure = draw_figure(
        params.figure,
        params.module,
        {
            name: pd.read_csv(path)
            for name, path in zip(params.tables, snakemake.input.tables, strict=True)
        },
        FigureContext(params.scale, paper_values, params.runs["keep_best"]),
    )
    save_figure(
        figure,
        snakemake.output.pdf,
        snakemake.output.png,
        title=f"{params.figure}, scale {params.scale}",
        subject=credit(params.configuration),
    )
    logger.info("drew %s", snakemake.output.pdf)
