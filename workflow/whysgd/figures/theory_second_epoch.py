"""Theory, check 5: a second epoch in reverse order."""

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

_LOOKS = looks(
    {
        "repeated, best order": "same order twice, the best of all orders",
        "reversed, worst order": "second epoch reversed, the worst of all orders",
    }
)


def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Distance of single runs from the flow on the modified loss, a panel for each problem."""
    errors = tables["theory_expansions"]
    problems = problems_of(errors, "second_epoch")
    errors = series_of(errors, check="second_epoch")
    figure, panels = new_figure(len(problems))
    for axes, problem in zip(panels, problems, strict=True):
        rows = series_of(errors, problem=problem)
        for name, look in _LOOKS.items():
            draw_errors(axes, series_of(rows, quantity=name), look)
        here = {"check": "second_epoch", "problem": problem}
        text = slope_text(select_slopes(tables["theory_slopes"], here), list(_LOOKS))
        finish_errors(axes, problem, text, rows["scaled_step"])
    return figure
