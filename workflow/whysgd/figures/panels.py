"""Panels: curves with their axes, limits and labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from whysgd.base.errors import UserError
from whysgd.figures.curves import SERIES, Curve, means_and_spreads, ordered_curves
from whysgd.figures.limits import (
    log_epochs,
    lowest_shown,
    powers_of_two,
    set_accuracy_limits,
    set_log_limits,
    set_zero_limits,
)
from whysgd.figures.style import FigureContext, power_text
from whysgd.figures.sweeps import CURVE, draw_sweeps

BASELINE, PAPER = "baseline", "paper value"  # gids, as in `sweeps`
_PERCENT = 100.0
_ABOVE_ZERO = float(np.nextafter(0.0, 1.0))
_X_LABELS = {
    "learning_rate": r"learning rate $\epsilon$",
    "bare_learning_rate": r"bare learning rate $\alpha$",
    "reg_coefficient": r"regularization coefficient $\lambda$",
    "learning_rate/batch_size": r"learning rate / batch size, $\epsilon / B$",
    "reg_coefficient/batch_size": r"regularization coefficient / batch size, $\lambda / B$",
    "either": r"learning rate $\epsilon$ ($C$) or"
    "\n"
    r"regularization coefficient $\lambda$ ($C_{\mathrm{mod}}$)",
    "epochs": "epoch budget",
}


def accuracy_panel(
    axes: Axes,
    curves: Sequence[Curve],
    context: FigureContext,
    x_label: str,
    of: str = "test",
    baseline: Curve | None = None,
) -> None:
    """Accuracies of a sweep, in percent.

    Args:
        axes: the panel.
        curves: what it shows.
        context: gives the number of runs that count.
        x_label: a key of the labels above.
        of: what the accuracy is measured on.
        baseline: a single point that is drawn as a level with its spread.
    """
    below = [curve for curve in (*curves, baseline) if curve is not None]
    means, cut = _means_and_cut(below, least_reach=3.0)
    if baseline is not None:
        _draw_level(axes, baseline)
    depth = draw_sweeps(axes, curves, context.keep_best, _PERCENT, cut)
    if len(means):
        set_accuracy_limits(axes, *_accuracy_ends(below, cut), depth)
    axes.set_ylabel(f"{of} accuracy (%)")
    _finish_x(axes, curves, x_label)


def log_panel(axes: Axes, curves: Sequence[Curve], context: FigureContext, y_label: str) -> None:
    """A positive quantity over the learning rate or the coefficient; a zero is below the axis.

    Where nothing is positive, there is no logarithmic axis, and zeros are drawn as zeros.
    """
    means, stds = means_and_spreads(curves, 1.0)
    means, stds = means[means > 0], stds[means > 0]
    cut = _ABOVE_ZERO if len(means) else -np.inf
    depth = draw_sweeps(axes, curves, context.keep_best, 1.0, cut)
    if not len(means):
        set_zero_limits(axes, depth)
    else:
        # A bar may reach down to zero, where this axis has no end: half the mean is enough.
        low = np.maximum(means - stds, means / 2).min()
        set_log_limits(axes, low, (means + stds).max(), depth)
    axes.set_ylabel(y_label)
    _finish_x(axes, curves, "either")


def trajectory_panel(axes: Axes, curves: Sequence[Curve]) -> None:
    """Mean test accuracy over training with bands of one standard deviation, in percent.

    The start, at chance, is left out: the axis begins where a curve comes within 20 % of the best.
    """
    means, cut = _means_and_cut(curves, least_reach=20.0)
    shown = []
    for curve in curves:
        rows = curve.rows[(curve.rows["x"] > 0) & curve.rows["mean"].notna()]
        x, mean, std = rows["x"], _PERCENT * rows["mean"], _PERCENT * rows["std"]
        axes.plot([], [], color=curve.color, label=curve.label)
        if len(rows):
            look = {"color": curve.color, "errorbar": None, "legend": False, "gid": CURVE}
            sns.lineplot(x=x, y=mean, ax=axes, **look)
            axes.fill_between(x, mean - std, mean + std, color=curve.color, alpha=0.2, linewidth=0)
        shown += list(x[mean >= cut])
    axes.set(xlabel="epoch", ylabel="test accuracy (%)")
    if len(set(shown)) > 1:
        log_epochs(axes, min(shown), max(shown))
    if len(means):
        set_accuracy_limits(axes, *_accuracy_ends(curves, cut), 0)


def batch_size_panels(
    panels: Sequence[Axes], letters: str, table: pd.DataFrame, context: FigureContext
) -> None:
    """Batch sizes on C at an equal number of epochs, and on C_mod at one of updates."""
    ratios = ("learning_rate/batch_size", "reg_coefficient/batch_size")
    titles = (f"{SERIES['C']}, equal epochs", f"{SERIES['C_mod']}, equal updates")
    for axes, letter, ratio, title in zip(panels, letters, ratios, titles, strict=True):
        curves = ordered_curves(table, letter, "B", "batch_size")
        accuracy_panel(axes, curves, context, ratio)
        axes.set_title(title, fontsize="medium")


def n_step_panels(
    panels: Sequence[Axes], letters: str, table: pd.DataFrame, context: FigureContext
) -> None:
    """Values of n at an equal number of epochs, and at one of updates."""
    for axes, letter, title in zip(panels, letters, ("equal epochs", "equal updates"), strict=True):
        curves = ordered_curves(table, letter, "n", "updates_per_batch")
        accuracy_panel(axes, curves, context, "bare_learning_rate")
        axes.set_title(title, fontsize="medium")


def mark_paper_value(
    axes: Axes, context: FigureContext, key: str, label: str, color: Any, turn: int = 0
) -> None:
    """A dashed line at a position that the paper reports, at the paper's own scale only.

    Args:
        axes: the panel.
        context: the scale and the paper's values.
        key: of the value, such as "figure1b.optimal_learning_rate".
        label: what it is the paper's value of.
        color: of the curve that it belongs to.
        turn: 1 for a second value that may coincide with the first: its dashes fill the gaps.

    Raises:
        UserError: at scale "paper", no number is known by this key.
    """
    if context.scale != "paper":
        return
    known = context.paper_values.get(key)
    if known is None or not isinstance(known.value, float):
        raise UserError(f"paper values: {key}: no number to mark")
    name = f"{axes.get_title('left')} paper, {label}"
    axes.axvline(
        known.value,
        color=color,
        linestyle=(4 * turn, (4, 4)),
        linewidth=1.2,
        gid=PAPER,
        label=f"{name}: ${power_text(known.value)}$ ({known.provenance})",
        zorder=1,
    )


def _draw_level(axes: Axes, baseline: Curve) -> None:
    row = baseline.rows.iloc[0]
    mean, std = _PERCENT * row["mean"], _PERCENT * row["std"]
    axes.axhline(mean, color=baseline.color, linestyle=":", label=baseline.label, gid=BASELINE)
    if np.isfinite(std):
        axes.axhspan(mean - std, mean + std, color=baseline.color, alpha=0.12, linewidth=0)


def _finish_x(axes: Axes, curves: Sequence[Curve], label: str) -> None:
    powers_of_two(axes, pd.concat([curve.rows["x"] for curve in curves]))
    axes.set_xlabel(_X_LABELS[label])


def _means_and_cut(curves: Sequence[Curve], least_reach: float) -> tuple[np.ndarray, float]:
    """All means in percent, and the accuracy below which points leave the axis."""
    means, _ = means_and_spreads(curves, _PERCENT)
    return means, lowest_shown(means, least_reach) if len(means) else 0.0


def _accuracy_ends(curves: Sequence[Curve], cut: float) -> tuple[float, float]:
    """Lowest and highest end of the bars on the axis; it stops at the cut and at 100 %."""
    means, stds = means_and_spreads(curves, _PERCENT)
    means, stds = means[means >= cut], stds[means >= cut]
    return max(cut, float((means - stds).min())), min(100.0, float((means + stds).max()))
