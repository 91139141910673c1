"""What panels are made of: rows of a table as lines with their spread."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from whysgd.errors import UserError
from whysgd.figures.style import COLORS, MARKERS, FigureContext, ordered_colors, powers_of_two

ACCURACY = 100.0  # factor from a fraction to percent
_LABELS = {
    "learning_rate": r"learning rate $\epsilon$",
    "bare_learning_rate": r"bare learning rate $\alpha$",
    "reg_coefficient": r"regularization coefficient $\lambda$",
    "learning_rate/batch_size": r"learning rate / batch size, $\epsilon / B$",
    "reg_coefficient/batch_size": r"regularization coefficient / batch size, $\lambda / B$",
    "either": r"$\epsilon$ (for $C$) or $\lambda$ (for $C_{\mathrm{mod}}$)",
    "epochs": "epoch budget",
    "epoch": "epoch",
}
_SERIES = {"C": "$C$", "C_mod": r"$C_{\mathrm{mod}}$"}
# Kinds of lines (their gid), and the legend's words for the signs.
CURVE = "curve"
ALL_DIVERGED = "all runs diverged"
FEWER_KEPT = "some runs diverged"
BELOW = "below the axis"


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
        raise UserError(f"table: no rows of {what}; remove the table and make it again")
    return rows.sort_values("x", kind="stable")


def series_in_order(rows: pd.DataFrame) -> list[str]:
    """Series such as "B = 8" in the order of their numbers."""
    return sorted(rows["series"].unique(), key=lambda text: float(text.split("=")[-1]))


def draw_sweep(
    axes: Axes, rows: pd.DataFrame, label: str, color: Any, marker: str, factor: float = 1.0
) -> None:
    """One curve of a sweep: means with bars of one standard deviation.

    A point with fewer runs than are kept elsewhere has an open marker; where all runs
    diverged, a cross at the foot of the axis stands for it.
    """
    drawn = rows[rows["kept"] > 0]
    x, y = drawn["x"].to_numpy(), factor * drawn["mean"].to_numpy()
    sns.lineplot(x=x, y=y, ax=axes, color=color, label=label, errorbar=None, legend=False)
    full = (drawn["kept"] == rows["kept"].max()).to_numpy()
    curve = axes.lines[-1]
    curve.set(gid=CURVE, marker=marker, markeredgecolor="white")
    curve.set_markevery(np.flatnonzero(full).tolist())
    spread = factor * drawn["std"].fillna(0).to_numpy()
    axes.errorbar(x, y, spread, fmt="none", ecolor=color, elinewidth=1, capsize=2)
    axes.plot(
        x[~full],
        y[~full],
        color=color,
        marker=marker,
        markerfacecolor="white",
        linestyle="none",
        gid=FEWER_KEPT,
        zorder=4,
    )
    _at_foot(axes, rows[rows["kept"] == 0]["x"].to_numpy(), "x", color, ALL_DIVERGED)


def draw_trajectory(axes: Axes, rows: pd.DataFrame, label: str, color: Any) -> None:
    """A mean history with a band of one standard deviation, in percent."""
    x, mean, std = (rows[name].to_numpy() for name in ("x", "mean", "std"))
    mean, std = ACCURACY * mean, ACCURACY * np.nan_to_num(std)
    sns.lineplot(x=x, y=mean, ax=axes, color=color, label=label, errorbar=None, legend=False)
    axes.lines[-1].set_gid(CURVE)
    axes.fill_between(x, mean - std, mean + std, color=color, alpha=0.2, linewidth=0)


def accuracy_sweeps(
    axes: Axes, table: pd.DataFrame, panel: str, metric: str = "test_accuracy"
) -> None:
    """All series of a panel, coloured in order, as accuracies in percent."""
    rows = select(table, panel, metric)
    names = series_in_order(rows)
    for name, color, marker in zip(names, ordered_colors(len(names)), MARKERS, strict=False):
        label = f"${name}$"
        draw_sweep(axes, rows[rows["series"] == name], label, color, marker, ACCURACY)
    finish_accuracy(axes, rows)


def original_and_modified(
    axes: Axes, table: pd.DataFrame, panel: str, metric: str, factor: float = 1.0
) -> pd.DataFrame:
    """C against the learning rate and C_mod against the coefficient, on one axis."""
    parts = []
    for series, marker in (("C", "o"), ("C_mod", "s")):
        rows = select(table, panel, metric, series)
        draw_sweep(axes, rows, _SERIES[series], COLORS[series], marker, factor)
        parts.append(rows)
    return pd.concat(parts)


def finish_accuracy(axes: Axes, rows: pd.DataFrame, name: str = "test") -> None:
    """Label, limits and legend of a panel of accuracies over a sweep."""
    axes.set_ylabel(f"{name} accuracy (%)")
    finish_x(axes, rows)
    zoom(axes, ACCURACY * rows["mean"].dropna().to_numpy())


def finish_x(axes: Axes, rows: pd.DataFrame, label: str | None = None) -> None:
    """Ticks and label of an x axis of powers of two."""
    powers_of_two(axes, rows["x"].min(), rows["x"].max())
    axes.set_xlabel(_LABELS[label or rows["x_name"].iloc[0]])


def zoom(axes: Axes, values: np.ndarray) -> None:
    """Limits of the y axis that one collapsed point does not spoil.

    The axis reaches from the best value down to the lowest one that is within four times the
    distance from the best to the median (and at least within 3). Points below are drawn as arrows
    at its foot.
    """
    if not len(values):
        return
    best = values.max()
    cut = best - max(3.0, 4 * (best - np.median(values)))
    low = values[values >= cut].min()
    margin = 0.06 * max(best - low, 1.0)
    axes.set_ylim(low - 2 * margin, best + 2 * margin)
    for line in _lines(axes, CURVE):
        x, y = (np.asarray(data, float) for data in line.get_data())
        _at_foot(axes, x[y < low - 2 * margin], "v", line.get_color(), BELOW)


def mark_paper_value(axes: Axes, context: FigureContext, key: str, color: Any) -> None:
    """A vertical line at a value of the paper's, with its provenance; at the paper's scale only."""
    if context.scale == "paper" and key in context.paper_values:
        known = context.paper_values[key]
        position = float(known.value)
        power = f"$2^{{{round(np.log2(position))}}}$"
        label = f"paper: {power} ({known.provenance})"
        axes.axvline(position, color=color, linestyle=":", linewidth=1, label=label)


def add_legend(axes: Axes, columns: int = 3) -> None:
    """A legend below the axis, where it covers no data, with the signs that occur explained."""
    handles, labels = axes.get_legend_handles_labels()
    signs = ((ALL_DIVERGED, "x", "0.3"), (BELOW, "v", "0.3"), (FEWER_KEPT, "o", "white"))
    for text, marker, face in signs:
        if _lines(axes, text):
            sign = Line2D(
                [], [], color="0.3", marker=marker, markerfacecolor=face, linestyle="none"
            )
            handles.append(sign)
            labels.append(text)
    axes.legend(
        handles,
        labels,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.17),
        ncols=columns,
        columnspacing=1.0,
        handlelength=1.6,
    )


def _lines(axes: Axes, gid: str) -> list[Line2D]:
    """Lines of one kind that have points."""
    return [line for line in axes.lines if line.get_gid() == gid and np.size(line.get_xdata())]


def _at_foot(axes: Axes, x: np.ndarray, marker: str, color: Any, gid: str) -> None:
    """Signs at the foot of the axis."""
    foot = [0.02] * len(x)
    axes.plot(
        x,
        foot,
        color=color,
        marker=marker,
        linestyle="none",
        gid=gid,
        transform=axes.get_xaxis_transform(),
        zorder=5,
    )


def accuracy_of_both_metrics(axes: Axes, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """Train and test accuracy of one series."""
    parts: Sequence[tuple[str, str, str]] = (
        ("train_accuracy", "train", "s"),
        ("test_accuracy", "test", "o"),
    )
    drawn = []
    for metric, label, marker in parts:
        rows = select(table, panel, metric)
        color = COLORS["train"] if label == "train" else COLORS["C"]
        draw_sweep(axes, rows, label, color, marker, ACCURACY)
        drawn.append(rows)
    return pd.concat(drawn)
