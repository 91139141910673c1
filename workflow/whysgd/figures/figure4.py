"""Figure 4: n-step SGD with a decaying learning rate."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import accuracy_sweeps, add_legend, finish_x
from whysgd.figures.style import FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) equal epochs; (b) equal updates; (c) over the epoch budget, rate tuned."""
    figure, panels = new_figure(3)
    titles = ("equal epochs", "equal updates", "learning rate tuned")
    for axes, panel, title in zip(panels, "abc", titles, strict=True):
        rows = accuracy_sweeps(axes, table, panel)
        finish_x(axes, rows, "epochs" if panel == "c" else "bare_learning_rate")
        if panel == "c":
            budgets = sorted(rows["x"].unique())
            axes.set_xticks(budgets, [f"{budget:g}" for budget in budgets])
        axes.set_title(title, fontsize="medium")
    add_legend(figure)
    return figure
