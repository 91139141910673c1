"""Curves of sweeps, point by point.

No point is dropped in silence: one with fewer runs than should count is open, one below the
axis, without a finite run or with a mean that is not finite has a sign at the foot of the axis.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from whysgd.figures.curves import Curve
from whysgd.figures.limits import FOOT, FOOT_STEP

# What an artist stands for: its gid.
CURVE, FEW_KEPT = "curve", "few kept"
BELOW, FALL, ALL_DIVERGED, NOT_FINITE = "below the axis", "fall", "all diverged", "not finite"
SIGNS = {BELOW: "v", ALL_DIVERGED: "x", NOT_FINITE: "+"}  # markers at the foot of the axis
OPEN = "white"  # face of a marker for which fewer runs count than should


def draw_sweeps(
    axes: Axes, curves: Sequence[Curve], keep_best: int, factor: float, cut: float
) -> int:
    """Draws curves: means joined by lines, bars of one standard deviation, signs.

    Args:
        axes: the panel; its limits are set afterwards.
        curves: what to draw.
        keep_best: runs that should count at a point.
        factor: from the table's unit to the axis's.
        cut: means below it, in the axis's unit, get a sign at the foot of the axis.

    Returns:
        How many signs stand above one another at most.
    """
    stacked: Counter[float] = Counter()
    for curve in curves:
        rows = curve.rows.assign(
            x=curve.shift * curve.rows["x"],
            mean=factor * curve.rows["mean"],
            std=factor * curve.rows["std"],
        )
        finite = np.isfinite(rows["mean"])  # C_reg may overflow before the parameters do
        rows["shown"] = finite & (rows["mean"] >= cut)
        _draw_shown(axes, curve, rows, keep_best)
        for place in np.flatnonzero(~rows["shown"]):
            position = float(curve.rows["x"].iloc[place])
            foot = (float(rows["x"].iloc[place]), FOOT + FOOT_STEP * stacked[position])
            stacked[position] += 1
            if not finite.iloc[place]:
                none_kept = rows["kept"].iloc[place] == 0
                _draw_sign(axes, curve, foot, ALL_DIVERGED if none_kept else NOT_FINITE, OPEN)
                continue
            few = rows["kept"].iloc[place] < keep_best
            _draw_sign(axes, curve, foot, BELOW, OPEN if few else curve.color)
            _draw_fall(axes, curve, rows, int(place), foot)
    return max(stacked.values(), default=0)


def _draw_shown(axes: Axes, curve: Curve, rows: pd.DataFrame, keep_best: int) -> None:
    """The points on the axis; the line stops at a point that is not."""
    look: dict[str, Any] = {"color": curve.color, "marker": curve.marker}
    axes.plot([], [], label=curve.label, markeredgecolor="white", **look)  # for the legend
    shown = rows[rows["shown"]]
    if shown.empty:
        return
    sns.lineplot(
        data=rows.assign(piece=(~rows["shown"]).cumsum())[rows["shown"]],
        x="x",
        y="mean",
        units="piece",
        estimator=None,
        ax=axes,
        legend=False,
        markeredgecolor="white",
        gid=CURVE,
        **look,
    )
    # A single run has no standard deviation and gets no bar: unknown is not zero.
    known = shown[shown["std"].notna()]
    axes.errorbar(
        known["x"],
        known["mean"],
        known["std"],
        fmt="none",
        ecolor=curve.color,
        elinewidth=1,
    )
    few = shown[shown["kept"] < keep_best]
    axes.plot(
        few["x"],
        few["mean"],
        linestyle="none",
        markerfacecolor=OPEN,
        gid=FEW_KEPT,
        zorder=4,
        **look,
    )


def _draw_sign(axes: Axes, curve: Curve, foot: tuple[float, float], gid: str, face: Any) -> None:
    axes.plot(
        [foot[0]],
        [foot[1]],
        color=curve.color,
        marker=SIGNS[gid],
        markerfacecolor=face,
        linestyle="none",
        gid=gid,
        transform=axes.get_xaxis_transform(),
        zorder=5,
    )


def _draw_fall(
    axes: Axes, curve: Curve, rows: pd.DataFrame, place: int, foot: tuple[float, float]
) -> None:
    """Dotted lines from a low point's neighbours on the axis to its sign."""
    arrow = {"arrowstyle": "-", "linestyle": ":", "shrinkA": 0, "shrinkB": 0}
    for neighbour in (place - 1, place + 1):
        if 0 <= neighbour < len(rows) and rows["shown"].iloc[neighbour]:
            axes.annotate(
                "",
                foot,
                (rows["x"].iloc[neighbour], rows["mean"].iloc[neighbour]),
                xycoords=axes.get_xaxis_transform(),
                textcoords="data",
                gid=FALL,
                arrowprops={**arrow, "color": curve.color},
            )
