"""Figure 1: the implicit regularizer made explicit does what a large learning rate does."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import Curve, original_and_modified, select
from whysgd.figures.panels import accuracy_panel, log_panel, mark_paper_value, trajectory_panel
from whysgd.figures.style import COLORS, FigureContext, new_figure, power_text


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) test accuracy over training; (b) over the sweeps; (c) C_reg at the end."""
    table = tables["means"]
    figure, (left, middle, right) = new_figure(3)
    trajectory_panel(left, original_and_modified(table, "a", "test_accuracy"))

    curves = original_and_modified(table, "b", "test_accuracy")
    baseline = select(table[table["series"].str.startswith("C at ")], "b", "test_accuracy")
    label = rf"$C$ at $\epsilon = {power_text(baseline['x'].iloc[0])}$"
    level = Curve(baseline, label, COLORS["baseline"])
    accuracy_panel(middle, curves, context, "either", baseline=level)
    key = "figure1b.optimal"
    mark_paper_value(middle, context, f"{key}_learning_rate", r"best $\epsilon$", COLORS["C"])
    mark_paper_value(
        middle, context, f"{key}_reg_coefficient", r"best $\lambda$", COLORS["C_mod"], turn=1
    )

    curves = original_and_modified(table, "c", "c_reg")
    log_panel(right, curves, context, r"final $C_{\mathrm{reg}}$")
    return figure
