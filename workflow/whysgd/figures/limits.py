"""Which part of an axis a panel shows, and its ticks."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from whysgd.base.errors import UserError
from whysgd.figures.style import power_text

FOOT, FOOT_STEP = 0.03, 0.045  # of the axis's height: the lowest sign, and from sign to sign
_HEADROOM = 0.05


def lowest_shown(accuracies: np.ndarray, least_reach: float = 3.0) -> float:
    """The accuracy below which points leave the axis, so that a collapsed one spoils nothing.

    The axis reaches from the best value down four times as far as the median lies below it, and
    at least `least_reach`: half of all points are always on it, and a point at chance is not
    unless most are poor.

    Args:
        accuracies: means in percent, finite.
        least_reach: in percent.
    """
    best = float(accuracies.max())
    return best - max(least_reach, 4 * (best - float(np.median(accuracies))))


def set_accuracy_limits(axes: Axes, low: float, high: float, signs: int) -> None:
    """Limits in percent that hold `low` to `high` and leave room for signs stacked at the foot."""
    _set_limits(axes, low, max(high, low + 0.5), signs, lambda value: value)


def set_log_limits(axes: Axes, low: float, high: float, signs: int) -> None:
    """The same on a logarithmic axis of positive values."""
    axes.set_yscale("log")
    first, last = math.log10(low), math.log10(high)
    _set_limits(axes, first, max(last, first + 0.1), signs, lambda value: 10.0**value)


def set_zero_limits(axes: Axes, signs: int) -> None:
    """Limits around 0, the one value that is shown, with room for signs stacked at the foot."""
    _set_limits(axes, 0.0, 1.0, signs, lambda value: value)
    axes.set_yticks([0.0])


def _set_limits(
    axes: Axes, low: float, high: float, signs: int, undo: Callable[[float], float]
) -> None:
    foot = FOOT + FOOT_STEP * signs + 0.02
    height = (high - low) / (1 - foot - _HEADROOM)
    axes.set_ylim(undo(low - foot * height), undo(high + _HEADROOM * height))


def log_epochs(axes: Axes, first: float, last: float) -> None:
    """Makes the x axis logarithmic with ticks at 1, 2 and 5 times the powers of ten."""
    axes.set_xscale("log")
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:g}"))


def powers_of_two(axes: Axes, positions: Iterable[float]) -> None:
    """Makes the x axis logarithmic with ticks 2^k, thinned out so that they do not touch.

    Raises:
        UserError: a position is not positive.
    """
    low, high = _log2_axis(axes, positions)
    first, last = math.floor(math.log2(low) + 1e-9), math.ceil(math.log2(high) - 1e-9)
    step = max(1, math.ceil((last - first) / 7))
    axes.xaxis.set_major_locator(FixedLocator([2.0**k for k in range(first, last + 1, step)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"${power_text(x)}$"))


def plain_numbers(axes: Axes, positions: Sequence[float]) -> None:
    """Makes the x axis logarithmic with a tick at every position, written as it is.

    Raises:
        UserError: a position is not positive.
    """
    _log2_axis(axes, positions)
    axes.set_xticks(positions, [f"{position:g}" for position in positions])


def _log2_axis(axes: Axes, positions: Iterable[float]) -> tuple[float, float]:
    values = list(positions)
    low, high = min(values), max(values)
    if not low > 0:
        raise UserError(f"table: x = {low:g} has no place on a logarithmic axis")
    margin = 2 ** max(0.04 * math.log2(high / low), 0.3)  # room for curves shifted sideways
    axes.set_xscale("log", base=2)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low / margin, high * margin)
    return low, high
