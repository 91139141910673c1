"""Figure 7: n-step SGD on the perceptron."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import n_step_panels
from whysgd.figures.style import FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) equal epochs; (b) equal updates."""
    figure, panels = new_figure(2)
    n_step_panels(panels, "ab", table, context)
    return figure
