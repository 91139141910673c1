"""Theory, check 6: squared norms of minibatch gradients over the batch size."""

from collections.abc import Mapping
from itertools import cycle

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.limits import powers_of_two
from whysgd.figures.orders import name_panel
from whysgd.figures.style import MARKERS, FigureContext, new_figure, ordered_colors

MEASURED, EXPECTED, DEVIATION = "measured", "expected", "deviation"  # gids
_EXACT = 1e-9  # of the norm: with all examples in the batch, a standard error is rounding alone


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) measured and expected; (b) their difference in standard errors."""
    table = tables["theory_gradient_norms"]
    figure, (left, right) = new_figure(2)
    epochs = sorted(table["epoch"].unique())
    looks = zip(epochs, ordered_colors(len(epochs)), cycle(MARKERS), strict=False)
    deviations: list[float] = []
    right.axhspan(-2, 2, color="0.92", zorder=0, label="two standard errors")
    for place, (epoch, color, marker) in enumerate(looks):
        rows = table[table["epoch"] == epoch].sort_values("batch_size")
        label = f"after {epoch} epochs"
        left.plot(rows["batch_size"], rows["expected"], color=color, linewidth=1, gid=EXPECTED)
        left.plot(
            rows["batch_size"],
            rows["mean_sq_norm"],
            marker,
            color=color,
            label=label,
            gid=MEASURED,
        )
        drawn = rows[rows["standard_error"] > _EXACT * rows["mean_sq_norm"]]
        deviation = (drawn["mean_sq_norm"] - drawn["expected"]) / drawn["standard_error"]
        shift = 2 ** (0.12 * (place - (len(epochs) - 1) / 2))
        deviations += list(deviation.abs())
        right.plot(drawn["batch_size"] * shift, deviation, marker, color=color, gid=DEVIATION)
    left.plot([], [], color="0.35", linewidth=1, label="eq. 22")
    left.set_yscale("log")
    left.set_ylabel(r"$\|\nabla \hat C\|^2$ of a minibatch, mean")
    right.set_ylabel("difference / standard error")
    reach = max(deviations, default=0.0)
    right.set_ylim(-max(3.0, reach + 0.5), max(3.0, reach + 0.5))
    for axes in (left, right):
        powers_of_two(axes, table["batch_size"])
        axes.set_xlabel("batch size $B$")
    name_panel(left, "measured and expected")
    name_panel(right, "measured less expected")
    return figure
