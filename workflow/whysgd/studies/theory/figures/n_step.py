"""Theory, check 3: n-step SGD is regularized by its bare learning rate."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.orders import draw_check, looks
from whysgd.figures.style import FigureContext, new_figure

_LOOKS = looks(
    {
        "flow on C": r"flow on $C$",
        "strength n alpha": r"modified loss, strength $n\alpha$",
        "strength alpha": r"modified loss, strength $\alpha$",
    }
)


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """A row for each problem, a panel for each number of updates on a minibatch."""
    errors, slopes = tables["theory_n_step"], tables["theory_slopes"]
    problems = list(errors["problem"].unique())
    numbers = sorted(errors["updates_per_batch"].unique())
    figure, panels = new_figure(len(problems) * len(numbers), rows=len(problems))
    places = [(problem, n) for problem in problems for n in numbers]
    for axes, (problem, n) in zip(panels, places, strict=True):
        here = {"check": "n_step", "problem": problem, "updates_per_batch": n}
        draw_check(axes, errors, slopes, _LOOKS, f"{problem}, $n = {n}$", **here)
        axes.set_xlabel(r"step $\times$ curvature, $mn\,\alpha\lambda_{\max}$")
    return figure
