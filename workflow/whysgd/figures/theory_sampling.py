"""Theory, check 7: shuffling, sampling with replacement, and eq. 23."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.style import new_figure
from whysgd.figures.theory_panels import (
    draw_errors,
    finish_errors,
    looks,
    problems_of,
    select_slopes,
    series_of,
    slope_text,
)

LEADING = "leading"  # gid
_WAYS = looks(
    {
        "shuffled": "once per epoch, shuffled",
        "with replacement": "with replacement",
        "eq. 23": "stochastic differential equation (eq. 23)",
    }
)
_KINDS = ("standard deviation", "bias")


def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Standard deviation and bias after one epoch, a row for each problem."""
    errors = tables["theory_expansions"]
    problems = problems_of(errors, "sampling")
    errors = series_of(errors, check="sampling")
    figure, panels = new_figure(2 * len(problems), rows=len(problems))
    places = [(problem, kind) for problem in problems for kind in _KINDS]
    for axes, (problem, kind) in zip(panels, places, strict=True):
        rows = series_of(errors, problem=problem)
        for way, look in _WAYS.items():
            series = series_of(rows, quantity=f"{way}: {kind}")
            draw_errors(axes, series, look)
        for way in _WAYS:
            series = series_of(rows, quantity=f"{way}: {kind}")
            axes.plot(
                series["scaled_step"],
                series["leading"],
                color="black",
                linestyle=(0, (1, 1.5)),
                linewidth=1,
                zorder=5,
                label="first term in closed form",
                gid=LEADING,
            )
        here = {"check": "sampling", "problem": problem}
        names = [f"{way}: {kind}" for way in _WAYS]
        text = slope_text(select_slopes(tables["theory_slopes"], here), names)
        finish_errors(axes, f"{problem}: {kind}", text, rows["scaled_step"])
    return figure
