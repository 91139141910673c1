"""Figure 3: batch sizes agree where the ratio to the batch size does."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import accuracy_sweeps, add_legend
from whysgd.figures.style import FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) C over learning_rate / B, equal epochs; (b) C_mod over reg_coefficient / B."""
    figure, panels = new_figure(2)
    titles = ("$C$, equal epochs", r"$C_{\mathrm{mod}}$, equal updates")
    for axes, panel, title in zip(panels, "ab", titles, strict=True):
        accuracy_sweeps(axes, table, panel)
        axes.set_title(title, fontsize="medium")
    add_legend(figure)
    return figure
