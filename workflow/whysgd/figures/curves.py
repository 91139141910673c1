"""From rows of a table to the curves of a panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from whysgd.base.errors import UserError
from whysgd.figures.style import COLORS, MARKERS, ordered_colors

_SHIFT = 0.09  # between neighbouring curves, in powers of two: their bars stay apart
SERIES = {"C": "$C$", "C_mod": r"$C_{\mathrm{mod}}$"}


@dataclass(frozen=True)
class Curve:
    """One curve: rows of a table, and how they look.

    Attributes:
        rows: one per position, in order of x.
        label: for the legend.
        color: of everything that belongs to it.
        marker: of its points; none for a history.
        shift: sideways, as a factor of x, so that bars of several curves do not hide each other.
    """

    rows: pd.DataFrame
    label: str
    color: Any
    marker: str = ""
    shift: float = 1.0


def select(table: pd.DataFrame, panel: str, metric: str, curve: str) -> pd.DataFrame:
    """Selects the rows of a curve, or of a family of curves, in order of x.

    Args:
        table: as `whysgd.runs.tables` makes it.
        panel: letter of the panel.
        metric: what the rows are the mean of.
        curve: the name that the study's reading gives it.

    Raises:
        UserError: there are none.
    """
    rows = table[
        (table["panel"] == panel) & (table["metric"] == metric) & (table["curve"] == curve)
    ]
    if rows.empty:
        what = f"panel {panel}, metric {metric}, curve {curve}"
        raise UserError(f"table has no rows of {what}; remove the table and make it again")
    return rows.sort_values("x", kind="stable")


def original_and_modified(table: pd.DataFrame, panel: str, metric: str) -> list[Curve]:
    """C and C_mod, each over its own axis: the learning rate, the coefficient."""
    return [
        Curve(select(table, panel, metric, name), SERIES[name], COLORS[name], marker)
        for name, marker in (("C", "o"), ("C_mod", "s"))
    ]


def ordered_curves(table: pd.DataFrame, panel: str, family: str, by: str) -> list[Curve]:
    """Highest test accuracy for a family of curves, in the order of the number that tells them.

    A number looks the same in every panel of the table, whichever others are beside it. Neighbours
    are shifted a little against each other.

    Args:
        table: as `whysgd.runs.tables` makes it.
        panel: letter of the panel.
        family: the name of the curves, which is also the number's symbol.
        by: the column of the number.

    Raises:
        UserError: the panel has no such curves.
    """
    numbers = sorted(table[by][table["curve"] == family].unique())
    looks = zip(numbers, ordered_colors(len(numbers)), cycle(MARKERS), strict=False)
    rows = select(table, panel, "test_accuracy", family)
    return [
        Curve(
            rows[rows[by] == number],
            f"${family} = {number:g}$",
            color,
            marker,
            2 ** (_SHIFT * (place - (len(numbers) - 1) / 2)),
        )
        for place, (number, color, marker) in enumerate(looks)
        if (rows[by] == number).any()
    ]


def means_and_spreads(curves: Sequence[Curve], factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of points with a finite mean; an unknown spread counts 0."""
    rows = pd.concat([curve.rows for curve in curves])
    rows = rows[np.isfinite(rows["mean"])]
    return factor * rows["mean"].to_numpy(), factor * rows["std"].fillna(0).to_numpy()
