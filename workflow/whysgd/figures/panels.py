"""What panels are made of: rows of a table as lines with their spread."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
PAPER = "paper"
SHIFT = 0.09  # between neighbouring curves, in powers of two


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
    axes: Axes,
    rows: pd.DataFrame,
    label: str,
    color: Any,
    marker: str,
    *,
    factor: float = 1.0,
    shift: float = 0.0,
) -> None:
    """One curve of a sweep: means with bars of one standard deviation.

    A point with fewer runs than are kept elsewhere has an open marker; where all runs
    diverged, a cross at the foot of the axis stands for it.

    Args:
        axes: where to draw.
        rows: of one series and metric.
        label: for the legend.
        color: of the curve.
        marker: of its points.
        factor: from the table's numbers to the axis's.
        shift: sideways, in powers of two, so that bars of several curves do not hide each other.
    """
    rows = rows.assign(x=rows["x"] * 2**shift)
    drawn = rows[rows["kept"] > 0]
    x, y = drawn["x"].to_numpy(), factor * drawn["mean"].to_numpy()
    sns.lineplot(x=x, y=y, ax=axes, color=color, label=label, errorbar=None, legend=False)
    full = (drawn["kept"] == rows["kept"].max()).to_numpy()
    curve = axes.lines[-1]
    curve.set(gid=CURVE, marker=marker, markeredgecolor="white")
    curve.set_markevery(np.flatnonzero(full).tolist())
    spread = factor * drawn["std"].fillna(0).to_numpy()
    axes.errorbar(x, y, spread, fmt="none", ecolor=color, elinewidth=1, capsize=0)
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


def accuracy_sweeps(axes: Axes, table: pd.DataFrame, panel: str) -> pd.DataFrame:
    """All series of a panel, coloured in order, as test accuracies; returns their rows."""
    rows = select(table, panel, "test_accuracy")
    names = series_in_order(rows)
    colors = ordered_colors(len(names))
    for index, (name, color) in enumerate(zip(names, colors, strict=True)):
        draw_sweep(
            axes,
            rows[rows["series"] == name],
            f"${name}$",
            color,
            MARKERS[index % len(MARKERS)],
            factor=ACCURACY,
            shift=SHIFT * (index - (len(names) - 1) / 2),
        )
    finish_accuracy(axes, rows)
    return rows


def original_and_modified(
    axes: Axes, table: pd.DataFrame, panel: str, metric: str, factor: float = 1.0
) -> pd.DataFrame:
    """C against the learning rate and C_mod against the coefficient, on one axis."""
    parts = []
    for series, marker in (("C", "o"), ("C_mod", "s")):
        rows = select(table, panel, metric, series)
        draw_sweep(axes, rows, _SERIES[series], COLORS[series], marker, factor=factor)
        parts.append(rows)
    return pd.concat(parts)


def finish_accuracy(axes: Axes, rows: pd.DataFrame, name: str = "test") -> None:
    """Labels and limits of a panel of accuracies over a sweep."""
    axes.set_ylabel(f"{name} accuracy (%)")
    finish_x(axes, rows)
    zoom(axes, ACCURACY * rows["mean"], ACCURACY * rows["std"])


def finish_x(axes: Axes, rows: pd.DataFrame, label: str | None = None) -> None:
    """Ticks and label of an x axis of powers of two."""
    powers_of_two(axes, rows["x"].min(), rows["x"].max())
    axes.set_xlabel(_LABELS[label or rows["x_name"].iloc[0]])


def zoom(axes: Axes, means: pd.Series, stds: pd.Series) -> None:
    """Limits of the y axis that one collapsed point does not spoil.

    The axis holds, with their bars, all points from the best down to those within four times
    the distance from the best to the median (and at least within 3). Points of sweeps that lie
    below are drawn as arrows at its foot.
    """
    values = pd.DataFrame({"mean": means, "std": stds.fillna(0)}).dropna()
    if values.empty:
        return
    best = values["mean"].max()
    within = values[values["mean"] >= best - max(3.0, 4 * (best - values["mean"].median()))]
    low, high = (within["mean"] - within["std"]).min(), (within["mean"] + within["std"]).max()
    margin = 0.08 * max(high - low, 0.5)
    axes.set_ylim(low - margin, high + margin)
    for line in _lines(axes, CURVE):
        if line.get_marker() != "None":
            x, y = (np.asarray(data, float) for data in line.get_data())
            _at_foot(axes, x[y < low - margin], "v", line.get_color(), BELOW)


def mark_paper_value(axes: Axes, context: FigureContext, key: str, color: Any) -> None:
    """A vertical line at a value of the paper's, with its provenance; at the paper's scale only."""
    if context.scale == "paper" and key in context.paper_values:
        known = context.paper_values[key]
        position = float(known.value)
        axes.axvline(position, color=color, linestyle=":", linewidth=1, gid=PAPER)
        axes.annotate(
            f"paper: $2^{{{round(np.log2(position))}}}$ ({known.provenance})",
            (position, 0.03),
            xycoords=axes.get_xaxis_transform(),
            xytext=(-3, 0),
            textcoords="offset points",
            rotation="vertical",
            horizontalalignment="right",
            fontsize="x-small",
            color=color,
        )


def add_legend(figure: Figure) -> None:
    """One legend for all panels, below them, where it covers no data; signs are explained."""
    entries: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    signs = ((FEWER_KEPT, "o", "white"), (ALL_DIVERGED, "x", "0.3"), (BELOW, "v", "0.3"))
    for text, marker, face in signs:
        if any(_visible(line) for axes in figure.axes for line in _lines(axes, text)):
            entries[text] = Line2D(
                [], [], color="0.3", marker=marker, markerfacecolor=face, linestyle="none"
            )
    columns = 5 if len(figure.axes) == 2 else 8
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower center",
        ncols=min(columns, len(entries)),
        columnspacing=1.2,
        handlelength=1.8,
    )


def _visible(line: Line2D) -> bool:
    """Whether a line has a point within the limits of its axis."""
    axes = line.axes
    assert axes is not None
    if line.get_transform() == axes.get_xaxis_transform():
        return True
    low, high = axes.get_ylim()
    y = np.asarray(line.get_ydata(), float)
    return bool(((y >= low) & (y <= high)).any())


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
        draw_sweep(axes, rows, label, color, marker, factor=ACCURACY)
        drawn.append(rows)
    return pd.concat(drawn)
