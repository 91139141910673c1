"""One look for all figures: sizes, colours, markers, axes of powers of two."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from whysgd.paper import PaperValue

PANEL_WIDTH, PANEL_HEIGHT = 3.9, 3.7  # inches

# Okabe and Ito's palette: told apart by colour-blind readers, and different in grey too.
COLORS = {"C": "#0072B2", "C_mod": "#D55E00", "baseline": "#009E73", "train": "#CC79A7"}
MARKERS = ("o", "s", "D", "^", "v", "P", "X")


@dataclass(frozen=True)
class FigureContext:
    """What a figure knows beside its table.

    Attributes:
        scale: name of the scale; the paper's values are marked at scale "paper" only.
        paper_values: by key, such as "figure1b.optimal_learning_rate".
    """

    scale: str
    paper_values: Mapping[str, PaperValue] = field(default_factory=dict)


@contextmanager
def figure_style() -> Iterator[None]:
    """Within, figures have the project's look; the process's settings are left alone."""
    settings = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("paper", font_scale=1.1),
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "grid.color": "#E4E4E4",
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "lines.linewidth": 1.4,
        "lines.markersize": 5,
        "savefig.dpi": 200,
        "pdf.fonttype": 42,  # text stays text, as journals ask
    }
    with mpl.rc_context(settings):
        yield


def new_figure(panels: int) -> tuple[Figure, list[Axes]]:
    """A row of panels, lettered (a), (b), ..."""
    layout = ConstrainedLayoutEngine(wspace=0.04)
    figure = Figure(figsize=(PANEL_WIDTH * panels, PANEL_HEIGHT), layout=layout)
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    for letter, panel in zip("abc", axes, strict=False):
        panel.set_title(f"({letter})", loc="left", fontweight="bold")
    return figure, axes


def ordered_colors(count: int) -> list[tuple[float, float, float]]:
    """Colours for an ordered series such as batch sizes, dark to light, safe in grey."""
    return [tuple(color) for color in sns.color_palette("viridis", count + 1)[:count]]


def powers_of_two(axes: Axes, low: float, high: float) -> None:
    """Makes the x axis logarithmic with ticks 2^k, thinned out so that they do not touch."""
    axes.set_xscale("log", base=2)
    first, last = math.floor(math.log2(low) + 1e-9), math.ceil(math.log2(high) - 1e-9)
    step = max(1, math.ceil((last - first) / 7))
    axes.xaxis.set_major_locator(FixedLocator([2.0**k for k in range(first, last + 1, step)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"$2^{{{round(math.log2(x))}}}$"))
    margin = 2 ** max(0.3, 0.03 * math.log2(high / low))  # room for curves side by side
    axes.set_xlim(low / margin, high * margin)


def epoch_axis(axes: Axes, low: float, high: float) -> None:
    """Makes the x axis logarithmic with plain numbers 1, 2, 5, 10, ... as ticks."""
    axes.set_xscale("log")
    ticks = [
        digit * 10.0**power
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for digit in (1, 2, 5)
    ]
    axes.xaxis.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_xlim(low, high * 1.03)
    axes.set_xlabel("epoch")
