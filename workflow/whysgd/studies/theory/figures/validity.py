"""Theory, check 8: where the analysis stops."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whysgd.figures.limits import powers_of_two
from whysgd.figures.orders import name_panel, series_of
from whysgd.figures.style import MARKERS, FigureContext, new_figure, ordered_colors, power_text

REACH, NO_BETTER = "reach", "no better"  # gids
_PANELS = (
    ("flow on C", "error", r"error of gradient flow on $C$", "distance / distance moved"),
    ("flow on C_SGD", "unexplained", r"flow on $\tilde C_{\mathrm{SGD}}$", "bias unexplained"),
    ("second-order flow", "unexplained", r"flow with our next term", "bias unexplained"),
)


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) how far gradient flow is off; (b), (c) which part of that modified flows leave over."""
    table = tables["theory_validity"]
    figure, panels = new_figure(3)
    for axes, (flow, quantity, title, y_label) in zip(panels, _PANELS, strict=True):
        _draw_reach(axes, series_of(table, flow=flow), quantity)
        if quantity == "unexplained":
            axes.axhline(
                1, color="0.4", linestyle="--", label="no better than gradient flow", gid=NO_BETTER
            )
        axes.set_yscale("log")
        powers_of_two(axes, table["scaled_step"])
        axes.set(xlabel=r"length of an epoch, $m\epsilon\lambda_{\max}$", ylabel=y_label)
        name_panel(axes, title)
    return figure


def _draw_reach(axes: Axes, table: pd.DataFrame, quantity: str) -> None:
    """A curve for each learning rate; an open point may be noise of the sampled orders."""
    rates = sorted(table["scaled_rate"].unique())
    looks = zip(rates, ordered_colors(len(rates)), cycle(MARKERS), strict=False)
    for rate, color, marker in looks:
        rows = table[table["scaled_rate"] == rate].sort_values("num_batches")
        values = rows["error"] / rows["displacement"] if quantity == "error" else rows[quantity]
        certain = rows["error"] > 3 * rows["standard_error"]
        x = rows["scaled_step"]
        axes.plot(x, values, color=color, linewidth=1, gid=REACH)
        label = rf"$\epsilon\lambda_{{\max}} = {power_text(rate)}$"
        look: dict[str, Any] = {"color": color, "marker": marker, "linestyle": "none"}
        axes.plot(x[certain], values[certain], label=label, **look)
        axes.plot(x[~certain], values[~certain], markerfacecolor="white", **look)
