"""Figure 5: training accuracy and training loss of the runs of Figure 1."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import original_and_modified
from whysgd.figures.panels import accuracy_panel, log_panel
from whysgd.figures.style import FigureContext, new_figure


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) highest train accuracy; (b) final value of C."""
    table = tables["means"]
    figure, (left, right) = new_figure(2)
    curves = original_and_modified(table, "a", "train_accuracy")
    accuracy_panel(left, curves, context, "either", of="train")
    log_panel(right, original_and_modified(table, "b", "train_loss"), context, "final $C$ (nats)")
    return figure
