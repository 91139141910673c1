"""Theory, check 4: the equations on the way to the main result."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whysgd.figures.orders import PALETTE, draw_check, looks, name_panel, problems_of
from whysgd.figures.style import FigureContext, new_figure

RESIDUALS, ROUNDING = "residuals", "rounding"  # gids
_LOOKS = looks(
    {
        "eq. 6: Euler steps on the modified flow": "eq. 6",
        "eq. 14: an epoch, worst order": "eq. 14",
        "eq. 18: the mean epoch": "eq. 18",
        "eq. 26: n updates on a minibatch": "eq. 26",
        "n-step less eq. 23: mean": "$n$-step less eq. 23, mean",
        "n-step less eq. 23: covariance": "covariance",
    }
)


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """What expansions leave over on two problems; residuals of what holds exactly."""
    errors, slopes = tables["theory_expansions"], tables["theory_slopes"]
    problems = problems_of(errors, "expansions")
    figure, panels = new_figure(len(problems) + 1)
    for axes, problem in zip(panels[:-1], problems, strict=True):
        here = {"check": "expansions", "problem": problem}
        draw_check(axes, errors, slopes, _LOOKS, problem, **here)
        axes.set_ylabel("what is left over")
    _draw_residuals(panels[-1], tables["theory_exact"])
    return figure


def _draw_residuals(axes: Axes, table: pd.DataFrame) -> None:
    """Relative residuals of identities, next to the unit of rounding."""
    equations = list(table["equation"].unique())
    for place, problem in enumerate(table["problem"].unique()):
        rows = table[table["problem"] == problem]
        y = [equations.index(equation) + 0.18 * (place - 1) for equation in rows["equation"]]
        color = PALETTE[(place + 3) % len(PALETTE)]
        shown = rows["residual"].clip(lower=1e-17)  # a residual of 0 at the left end
        axes.plot(shown, y, "D", color=color, label=f"(c) {problem}", gid=RESIDUALS, clip_on=False)
    unit = float(np.finfo(np.float64).eps)
    axes.axvline(unit, color="0.5", linestyle="--", label="unit of rounding", gid=ROUNDING)
    axes.set_xscale("log")
    axes.set_xlim(1e-17, 1e-12)
    axes.set_yticks(range(len(equations)), [text.split(":")[0] for text in equations])
    axes.set_ylim(len(equations) - 0.5, -0.5)
    axes.set_xlabel("relative residual")
    name_panel(axes, "exact identities")
