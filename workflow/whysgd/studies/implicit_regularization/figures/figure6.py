"""Figure 6: the perceptron; both regularizers, and batch sizes."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import original_and_modified
from whysgd.figures.panels import accuracy_panel, batch_size_panels, mark_paper_value
from whysgd.figures.style import COLORS, FigureContext, new_figure


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) C over the learning rate and C_mod over the coefficient; (b), (c) as Figure 3."""
    table = tables["means"]
    figure, panels = new_figure(3)
    curves = original_and_modified(table, "a", "test_accuracy")
    accuracy_panel(panels[0], curves, context, "either")
    key = "figure6a.optimal"
    mark_paper_value(panels[0], context, f"{key}_learning_rate", r"best $\epsilon$", COLORS["C"])
    mark_paper_value(
        panels[0], context, f"{key}_reg_coefficient", r"best $\lambda$", COLORS["C_mod"], turn=1
    )
    batch_size_panels(panels[1:], "bc", table, context)
    return figure
