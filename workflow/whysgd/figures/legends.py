"""Legends: the curves above the panels, what the signs mean below them; neither covers data."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from whysgd.figures.style import FigureContext
from whysgd.figures.sweeps import ALL_DIVERGED, BELOW, CURVE, FEW_KEPT, NOT_FINITE, OPEN, SIGNS

_GREY = "0.3"
_Place = Literal["outside upper center", "outside lower center"]


def add_legends(figure: Figure, context: FigureContext) -> None:
    """Adds both legends, each in as few rows as fit the width; the figure grows by their height.

    A figure without curves over runs has no signs, and no legend of them.
    """
    _add_rows(figure, _curves(figure), "outside upper center")
    _add_rows(figure, _signs(figure, context.keep_best), "outside lower center")


def _curves(figure: Figure) -> dict[str, Artist]:
    """The curves of all panels, by their texts."""
    curves: dict[str, Artist] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        curves |= dict(zip(labels, handles, strict=True))  # the last look wins: it has a marker
    return curves


def _signs(figure: Figure, keep_best: int) -> dict[str, Artist]:
    """Signs that occur in curves over runs, by their meaning."""
    lines = [line for axes in figure.axes for line in axes.lines if np.size(line.get_xdata())]
    drawn = {line.get_gid() for line in lines}
    if drawn.isdisjoint((CURVE, FEW_KEPT, *SIGNS)):
        return {}
    if any(line.get_gid() == BELOW and line.get_markerfacecolor() == OPEN for line in lines):
        drawn.add(FEW_KEPT)
    spread = {"marker": "|", "markersize": 9, "markeredgewidth": 1}
    text = f"\N{PLUS-MINUS SIGN} one standard deviation of the {keep_best} kept runs"
    looks: dict[str, dict[str, Any]] = {text: spread}
    for gid, meaning, look in (
        (FEW_KEPT, f"fewer than {keep_best} finite runs", {"markerfacecolor": OPEN}),
        (BELOW, "mean below the axis", {"marker": SIGNS[BELOW]}),
        (ALL_DIVERGED, "all runs diverged", {"marker": SIGNS[ALL_DIVERGED]}),
        (NOT_FINITE, "mean not finite", {"marker": SIGNS[NOT_FINITE]}),
    ):
        if gid in drawn:
            looks[meaning] = look
    plain = {"color": _GREY, "marker": "o", "linestyle": "none"}
    return {text: Line2D([], [], **{**plain, **look}) for text, look in looks.items()}


def _add_rows(figure: Figure, entries: Mapping[str, Artist], place: _Place) -> None:
    """A legend that reads row by row, with as many columns as the figure's width holds."""
    for columns in range(len(entries), 0, -1):
        # Matplotlib fills column by column.
        texts = [text for column in range(columns) for text in list(entries)[column::columns]]
        legend = figure.legend(
            [entries[text] for text in texts],
            texts,
            loc=place,
            ncols=columns,
            columnspacing=1.6,
            handlelength=1.8,
        )
        extent = legend.get_window_extent()
        # Text is a little wider at the resolution of a file.
        if extent.width <= 0.98 * figure.bbox.width or columns == 1:
            figure.set_figheight(figure.get_figheight() + extent.height / figure.dpi)
            return
        legend.remove()
