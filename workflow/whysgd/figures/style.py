"""One look for all figures: sizes, colours, markers, numbers as powers of two."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from string import ascii_lowercase

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from whysgd.base.powers import format_number
from whysgd.spec.paper import PaperValue

PANEL_WIDTH, PANEL_HEIGHT = 3.9, 3.2  # inches, with labels and without legends

# Okabe and Ito's palette: told apart by colour-blind readers, and different in grey too.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, SKY_BLUE, ORANGE = "#CC79A7", "#56B4E9", "#E69F00"
COLORS = {"C": BLUE, "C_mod": VERMILLION, "baseline": GREEN, "train": PURPLE}
MARKERS = ("o", "s", "D", "^", "P", "X", "*")  # a "v" would look like the sign of a low point


@dataclass(frozen=True)
class FigureContext:
    """What a figure knows beside its tables.

    Attributes:
        scale: name of the scale; the paper's values are marked at scale "paper" only.
        paper_values: by key, such as "figure1b.optimal_learning_rate".
        keep_best: runs that should count at a point; one with fewer is drawn as such.
    """

    scale: str
    paper_values: Mapping[str, PaperValue] = field(default_factory=dict)
    keep_best: int = 5


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


def new_figure(panels: int, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Panels lettered (a), (b), ..., row by row; `panels` of them in all, equally many in a row."""
    columns = panels // rows
    layout = ConstrainedLayoutEngine(wspace=0.04, hspace=0.06)
    figure = Figure(figsize=(PANEL_WIDTH * columns, PANEL_HEIGHT * rows), layout=layout)
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for place, panel in enumerate(axes):
        panel.set_title(f"({panel_letters(place)})", loc="left", fontweight="bold")
    return figure, axes


def panel_letters(place: int) -> str:
    """Of a panel, counted from 0: a to z, then aa, ab, ..."""
    before, last = divmod(place, len(ascii_lowercase))
    return (panel_letters(before - 1) if before else "") + ascii_lowercase[last]


def ordered_colors(count: int) -> list[tuple[float, ...]]:
    """Colours for an ordered series such as batch sizes, dark to light, safe in grey.

    The light end of the palette is left out: too pale on white.
    """
    return [tuple(color) for color in mpl.colormaps["viridis"](np.linspace(0.05, 0.85, count))]


def power_text(value: float) -> str:
    """A power of two as "2^{-6}", for mathematical text; any other number in its short form."""
    base, caret, exponent = format_number(value).partition("^")
    return f"{base}^{{{exponent}}}" if caret else base
