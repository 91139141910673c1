"""Figure 2: which learning rate trains best and which tests best, without and with C_reg."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import SERIES, Curve, select
from whysgd.figures.panels import accuracy_panel, mark_paper_value
from whysgd.figures.style import COLORS, FigureContext, new_figure

_LINES = {"train": (COLORS["train"], "s"), "test": (COLORS["C"], "o")}


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) trained on C; (b) trained on C_mod with a fixed coefficient."""
    table = tables["means"]
    figure, panels = new_figure(2)
    for axes, panel, series in zip(panels, "ab", SERIES, strict=True):
        curves = [
            Curve(select(table, panel, f"{name}_accuracy", series), f"{name} accuracy", *look)
            for name, look in _LINES.items()
        ]
        accuracy_panel(axes, curves, context, "learning_rate", of="train and test")
        for turn, (name, (color, _)) in enumerate(_LINES.items()):
            key = f"figure2{panel}.optimal_learning_rate_{name}"
            mark_paper_value(axes, context, key, f"best for {name}", color, turn)
        axes.set_title(f"trained on {SERIES[series]}", fontsize="medium")
    return figure
