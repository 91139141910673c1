"""Theory, check 5: a second epoch in reverse order."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.orders import draw_check, looks, problems_of
from whysgd.figures.style import FigureContext, new_figure

_LOOKS = looks(
    {
        "repeated, best order": "same order twice, the best of all orders",
        "reversed, worst order": "second epoch reversed, the worst of all orders",
    }
)


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """Distance of single runs from the flow on the modified loss, a panel for each problem."""
    errors, slopes = tables["theory_expansions"], tables["theory_slopes"]
    problems = problems_of(errors, "second_epoch")
    figure, panels = new_figure(len(problems))
    for axes, problem in zip(panels, problems, strict=True):
        here = {"check": "second_epoch", "problem": problem}
        draw_check(axes, errors, slopes, _LOOKS, problem, **here)
    return figure
