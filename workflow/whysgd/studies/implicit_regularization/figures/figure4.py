"""Figure 4: n-step SGD with a decaying learning rate."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import ordered_curves
from whysgd.figures.limits import plain_numbers
from whysgd.figures.panels import accuracy_panel, n_step_panels
from whysgd.figures.style import FigureContext, new_figure


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) equal epochs; (b) equal updates; (c) over the epoch budget, rate tuned."""
    table = tables["means"]
    figure, panels = new_figure(3)
    n_step_panels(panels[:2], "ab", table, context)
    curves = ordered_curves(table, "c")
    accuracy_panel(panels[2], curves, context, "epochs")
    plain_numbers(panels[2], sorted({x for curve in curves for x in curve.rows["x"]}))
    panels[2].set_title("learning rate tuned", fontsize="medium")
    return figure
