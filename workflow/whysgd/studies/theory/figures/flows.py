"""Theory, check 9: the cartoon of backward error analysis, computed."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whysgd.figures.orders import name_panel, series_of_part
from whysgd.figures.style import GREEN, VERMILLION, FigureContext, new_figure

FLOW, MODIFIED, ITERATES, ENDS, MEAN = "flow", "modified", "iterates", "ends", "mean"  # gids


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) gradient descent; (b) SGD in every order; (c) the ends of (b) from close by."""
    table = tables["theory_planar"]
    figure, (left, middle, right) = new_figure(3)
    _draw_flow(left, table, "gd", "flow on C", "black", r"gradient flow on $C$", FLOW)
    label = r"flow on the modified loss"
    _draw_flow(left, table, "gd", "flow on C_GD", VERMILLION, label, MODIFIED)
    iterates = series_of_part(table, "gd", "iterates")
    left.plot(iterates["x"], iterates["y"], color=GREEN, linewidth=0.8)
    left.plot(iterates["x"], iterates["y"], "o", color=GREEN, label="iterates", gid=ITERATES)
    name_panel(left, "gradient descent")
    for axes in (middle, right):
        _draw_epoch(axes, table)
    name_panel(middle, "one epoch of SGD, every order")
    name_panel(right, "its end points")
    orders = series_of_part(table, "sgd", "order")
    ends = orders[orders["time"] == orders["time"].max()]
    flow = series_of_part(table, "sgd", "flow on C").iloc[-1]
    x, y = [*ends["x"], flow["x"]], [*ends["y"], flow["y"]]
    for low, high, limit in ((min(x), max(x), right.set_xlim), (min(y), max(y), right.set_ylim)):
        margin = 0.12 * (high - low)
        limit(low - margin, high + margin)
    for axes in (left, middle, right):
        axes.set(xlabel="first parameter", ylabel="second parameter")
    return figure


def _draw_epoch(axes: Axes, table: pd.DataFrame) -> None:
    """Paths in all orders with their ends and mean, and both flows with theirs."""
    for _, path in series_of_part(table, "sgd", "order").groupby("run"):
        axes.plot(path["x"], path["y"], color=GREEN, linewidth=0.5, alpha=0.5)
        axes.plot(
            path["x"].iloc[-1:],
            path["y"].iloc[-1:],
            ".",
            color=GREEN,
            label="end of an epoch of SGD",
            gid=ENDS,
        )
    _draw_flow(axes, table, "sgd", "flow on C", "black", r"gradient flow on $C$", FLOW)
    label = r"flow on the modified loss"
    _draw_flow(axes, table, "sgd", "flow on C_SGD", VERMILLION, label, MODIFIED)
    mean = series_of_part(table, "sgd", "mean")
    axes.plot(
        mean["x"],
        mean["y"],
        "*",
        color="white",
        markeredgecolor=GREEN,
        markersize=13,
        label="mean over all orders",
        gid=MEAN,
        zorder=5,
    )


def _draw_flow(
    axes: Axes, table: pd.DataFrame, part: str, curve: str, color: str, label: str, gid: str
) -> None:
    """A flow with a mark at its end."""
    path = series_of_part(table, part, curve)
    axes.plot(path["x"], path["y"], color=color, marker="s", markevery=[-1], label=label, gid=gid)
