"""Figure 5: training accuracy and training loss of the runs of Figure 1."""

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.panels import (
    ACCURACY,
    add_legend,
    finish_accuracy,
    finish_x,
    original_and_modified,
)
from whysgd.figures.style import FigureContext, new_figure


def draw(table: pd.DataFrame, context: FigureContext) -> Figure:
    """(a) highest train accuracy; (b) final value of C."""
    figure, (left, right) = new_figure(2)
    rows = original_and_modified(left, table, "a", "train_accuracy", ACCURACY)
    finish_accuracy(left, rows, "train")
    finish_x(left, rows, "either")
    rows = original_and_modified(right, table, "b", "train_loss")
    right.set_yscale("log")
    right.set_ylabel("final $C$ (nats)")
    finish_x(right, rows, "either")
    add_legend(figure)
    return figure
