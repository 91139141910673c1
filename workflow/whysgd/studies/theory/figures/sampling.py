"""Theory, check 7: shuffling, sampling with replacement, and eq. 23."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.orders import draw_check, looks, problems_of, series_of
from whysgd.figures.style import FigureContext, new_figure

LEADING = "leading"  # gid
_WAYS = looks(
    {
        "shuffled": "once per epoch, shuffled",
        "with replacement": "with replacement",
        "eq. 23": "stochastic differential equation (eq. 23)",
    }
)
_KINDS = ("standard deviation", "bias")


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """Standard deviation and bias after one epoch, a row for each problem."""
    errors, slopes = tables["theory_expansions"], tables["theory_slopes"]
    problems = problems_of(errors, "sampling")
    figure, panels = new_figure(2 * len(problems), rows=len(problems))
    places = [(problem, kind) for problem in problems for kind in _KINDS]
    for axes, (problem, kind) in zip(panels, places, strict=True):
        here = {"check": "sampling", "problem": problem}
        looks_of = {f"{way}: {kind}": look for way, look in _WAYS.items()}
        draw_check(axes, errors, slopes, looks_of, f"{problem}: {kind}", **here)
        for quantity in looks_of:
            series = series_of(errors, quantity=quantity, **here)
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
    return figure
