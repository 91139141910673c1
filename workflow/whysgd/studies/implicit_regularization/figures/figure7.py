"""Figure 7: n-step SGD on the perceptron."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import n_step_panels
from whysgd.figures.style import FigureContext, new_figure


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) equal epochs; (b) equal updates."""
    table = tables["means"]
    figure, panels = new_figure(2)
    n_step_panels(panels, "ab", table, context)
    return figure
