"""Panels of orders of accuracy: errors over step sizes, with their slopes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whysgd.base.errors import UserError
from whysgd.figures.limits import powers_of_two
from whysgd.figures.style import BLUE, GREEN, MARKERS, ORANGE, PURPLE, SKY_BLUE, VERMILLION

PALETTE = (BLUE, GREEN, VERMILLION, PURPLE, SKY_BLUE, ORANGE)
ERRORS, OUTSIDE = "errors", "not fitted"  # gids of what is drawn
STEP_LABEL = r"step $\times$ curvature, updates $\times\ \epsilon \lambda_{\max}$"
ERROR_LABEL = "distance in parameter space"
_GREY = "0.35"


@dataclass(frozen=True)
class Look:
    """How a series is drawn, alike in all panels."""

    label: str
    color: str
    marker: str
    size: float


def looks(labels: Mapping[str, str]) -> dict[str, Look]:
    """A look for each series, from its name in the table and its text in the legend.

    Markers shrink from series to series, so that points which coincide are all seen.
    """
    sizes = np.linspace(8, 4, len(labels))
    return {
        name: Look(label, PALETTE[place], MARKERS[place], float(sizes[place]))
        for place, (name, label) in enumerate(labels.items())
    }


def series_of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows with the given values, in order of the learning rate.

    Raises:
        UserError: there are none.
    """
    rows = table
    for column, value in values.items():
        rows = rows[rows[column] == value]
    if rows.empty:
        what = ", ".join(f"{column} = {value}" for column, value in values.items())
        raise UserError(f"table has no rows of {what}; remove the table and make it again")
    return rows.sort_values("learning_rate", kind="stable")


def problems_of(table: pd.DataFrame, check: str) -> list[str]:
    """Names of the problems of a check, in the order of the table.

    Raises:
        UserError: there are none.
    """
    series_of(table, check=check)
    return list(table[table["check"] == check]["problem"].unique())


def series_of_part(table: pd.DataFrame, part: str, curve: str) -> pd.DataFrame:
    """Rows of a curve of a part, as they are in the table of plane paths.

    Raises:
        UserError: there are none.
    """
    rows = table[(table["part"] == part) & (table["curve"] == curve)]
    if rows.empty:
        raise UserError(
            f"table has no rows of part {part}, curve {curve}; remove it and make it again"
        )
    return rows


def select_slopes(slopes: pd.DataFrame, values: Mapping[str, object]) -> pd.DataFrame:
    """Slopes of the series with the given values."""
    for column, value in values.items():
        slopes = slopes[slopes[column] == value]
    return slopes


def draw_check(
    axes: Axes,
    errors: pd.DataFrame,
    slopes: pd.DataFrame,
    looks_of: Mapping[str, Look],
    title: str,
    **here: object,
) -> None:
    """A whole panel: the series of one check on one problem, and their slopes below the title.

    Args:
        axes: the panel.
        errors: a table of errors.
        slopes: the slopes of its series, and of others.
        looks_of: how each quantity looks, in the order of drawing.
        title: of the panel.
        here: values that the panel's rows have in both tables, the check and the problem.

    Raises:
        UserError: a quantity has no rows.
    """
    rows = series_of(errors, **here)
    for quantity, look in looks_of.items():
        draw_errors(axes, series_of(rows, quantity=quantity), look)
    text = slope_text(select_slopes(slopes, here), list(looks_of))
    finish_errors(axes, title, text, rows["scaled_step"])


def draw_errors(axes: Axes, rows: pd.DataFrame, look: Look, x: str = "scaled_step") -> None:
    """One series of errors; points that were not fitted are open, and dotted lines lead there."""
    axes.plot(rows[x], rows["error"], color=look.color, linestyle=":", linewidth=1, gid=OUTSIDE)
    axes.plot(
        rows[x],
        rows["error"].where(rows["fitted"]),
        color=look.color,
        marker=look.marker,
        markersize=look.size,
        label=look.label,
        gid=ERRORS,
    )
    outside = rows[~rows["fitted"]]
    axes.plot(
        outside[x],
        outside["error"],
        color=look.color,
        marker=look.marker,
        markersize=look.size,
        markerfacecolor="white",
        linestyle="none",
        gid=OUTSIDE,
    )


def slope_text(slopes: pd.DataFrame, quantities: Sequence[str]) -> str:
    """Slopes of series in the given order, for the line below a panel's title."""
    found = [slopes[slopes["quantity"] == quantity]["slope"] for quantity in quantities]
    values = [float(value.iloc[0]) for value in found if len(value)]
    if not values or not np.isfinite(values).any():
        return ""
    return "slopes " + ", ".join(f"{value:.2f}" for value in values)


def finish_errors(axes: Axes, title: str, slopes: str, positions: pd.Series) -> None:
    """Logarithmic axes with labels, the panel's title, and the slopes below it."""
    axes.set_yscale("log")
    powers_of_two(axes, positions)
    axes.set(xlabel=STEP_LABEL, ylabel=ERROR_LABEL)
    name_panel(axes, title, slopes)


def name_panel(axes: Axes, title: str, below: str = "") -> None:
    """A panel's title, and a smaller line of text under it."""
    axes.set_title(title + ("\n" if below else ""), fontsize="medium")
    if below:
        axes.annotate(
            below,
            (0.5, 1.0),
            (0, 4),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize="small",
            color=_GREY,
        )
