"""Theory, check 9: two minima of equal depth and width, told apart by the modified loss."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whysgd.figures.orders import name_panel, series_of_part
from whysgd.figures.style import GREEN, VERMILLION, FigureContext, new_figure

BATCH, FULL, MODIFIED, RUN, MEAN = "batch", "full", "modified", "run", "mean"  # gids
_GREY = "0.6"


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a), (b) losses across either minimum; (c) between them; (d) runs from the ridge."""
    table = tables["theory_planar"]
    figure, panels = new_figure(4, rows=2)
    for axes, part, title in zip(
        panels[:3],
        ("left", "right", "between"),
        ("minibatches agree ($x = -1$)", "minibatches disagree ($x = 1$)", "between the minima"),
        strict=True,
    ):
        _draw_losses(axes, table, part)
        name_panel(axes, title)
    _draw_runs(panels[3], table)
    return figure


def _draw_losses(axes: Axes, table: pd.DataFrame, part: str) -> None:
    """Minibatch losses, their mean and the modified loss on a line."""
    along = "x" if part == "between" else "y"
    batches = [
        name for name in table["curve"].unique() if name.startswith("C_") and name[2:].isdigit()
    ]
    for name in batches if part != "between" else []:
        rows = series_of_part(table, part, name)
        axes.plot(
            rows[along], rows["time"], color=_GREY, linewidth=1, gid=BATCH, label="minibatches"
        )
    for name, color, label, gid in (
        ("C", "black", "$C$", FULL),
        ("C_SGD", VERMILLION, r"$\tilde C_{\mathrm{SGD}}$", MODIFIED),
    ):
        rows = series_of_part(table, part, name)
        axes.plot(rows[along], rows["time"], color=color, label=label, gid=gid)
    full = series_of_part(table, part, "C")["time"]
    lowest = table[table["part"].isin(["left", "right"])]["time"].min()
    axes.set_ylim(-0.1 if part == "between" else 1.05 * lowest, float(full.max()) * 0.8)
    axes.set(xlabel=f"${along}$", ylabel="loss")


def _draw_runs(axes: Axes, table: pd.DataFrame) -> None:
    """First parameter over time; how many runs end on either side stands at the right."""
    runs = series_of_part(table, "runs", "SGD")
    for _, run in runs.groupby("run"):
        axes.plot(run["time"], run["x"], color=GREEN, linewidth=0.4, alpha=0.3, gid=RUN)
    axes.plot([], [], color=GREEN, linewidth=0.8, label="runs of SGD")
    for curve, color, label, style in (
        ("mean", GREEN, "their mean", "--"),
        ("flow on C", "black", "$C$", "-"),
        ("flow on C_SGD", VERMILLION, r"$\tilde C_{\mathrm{SGD}}$", "-"),
    ):
        rows = series_of_part(table, "runs", curve)
        gid = MEAN if curve == "mean" else None
        axes.plot(rows["time"], rows["x"], color=color, linestyle=style, label=label, gid=gid)
    ends = runs[np.isclose(runs["time"], runs["time"].max())]
    left = int((ends["x"] < 0).sum())
    axes.set_ylim(-1.3, 1.3)
    axes.set(xlabel="time, updates $\\times\\ \\epsilon$", ylabel="$x$")
    name_panel(axes, f"{left} of {len(ends)} runs go left")
