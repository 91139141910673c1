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


def select(table: pd.DataFrame, panel: str, metric: str, series: str | None = None) -> pd.DataFrame:
    """Rows of a panel and metric, in order of x.

    Raises:
        UserError: there are none.
    """
    rows = table[(table["panel"] == panel) & (table["metric"] == metric)]
    if series is not None:
        rows = rows[rows["series"] == series]
    if rows.empty:
        what = f"panel {panel}, metric {metric}" + (f", series {series}" if series else "")
        raise UserError(f"table has no rows of {what}; remove the table and make it again")
    return rows.sort_values("x", kind="stable")


def original_and_modified(table: pd.DataFrame, panel: str, metric: str) -> list[Curve]:
    """C and C_mod, each over its own axis: the learning rate, the coefficient."""
    return [
        Curve(select(table, panel, metric, name), SERIES[name], COLORS[name], marker)
        for name, marker in (("C", "o"), ("C_mod", "s"))
    ]


def ordered_curves(table: pd.DataFrame, panel: str) -> list[Curve]:
    """Highest test accuracy for series such as "B = 8", in the order of their numbers.

    A number looks the same in every panel of the table, whichever others are beside it. Neighbours
    are shifted a little against each other.
    """
    numbered = table["series"][table["series"].str.fullmatch(r"\w+ = [\d.]+")]
    names = sorted(numbered.unique(), key=lambda name: float(name.split("=")[1]))
    looks = zip(names, ordered_colors(len(names)), cycle(MARKERS), strict=False)
    rows = select(table, panel, "test_accuracy")
    return [
        Curve(
            rows[rows["series"] == name],
            f"${name}$",
            color,
            marker,
            2 ** (_SHIFT * (place - (len(names) - 1) / 2)),
        )
        for place, (name, color, marker) in enumerate(looks)
        if (rows["series"] == name).any()
    ]


def means_and_spreads(curves: Sequence[Curve], factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of points with a finite mean; an unknown spread counts 0."""
    rows = pd.concat([curve.rows for curve in curves])
    rows = rows[np.isfinite(rows["mean"])]
    return factor * rows["mean"].to_numpy(), factor * rows["std"].fillna(0).to_numpy()
