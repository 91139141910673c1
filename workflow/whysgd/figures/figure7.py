"""Figure 7: n-step SGD on the perceptron."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import accuracy_sweeps, add_legend, finish_x
from whysgd.figures.style import FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) equal epochs; (b) equal updates."""
    figure, panels = new_figure(2)
    for axes, panel, title in zip(panels, "ab", ("equal epochs", "equal updates"), strict=True):
        rows = accuracy_sweeps(axes, table, panel)
        finish_x(axes, rows, "bare_learning_rate")
        axes.set_title(title, fontsize="medium")
    add_legend(figure)
    return figure
