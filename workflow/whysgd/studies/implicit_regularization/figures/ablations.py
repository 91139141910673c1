"""What changes where the paper leaves a choice open; no figure of the paper."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from whysgd.figures.curves import SERIES, Curve, select
from whysgd.figures.panels import accuracy_panel
from whysgd.figures.style import COLORS, FigureContext, new_figure, ordered_colors


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """(a) weight decay inside the penalty or beside it; (b) first halving; (c) score of a run."""
    table = tables["means"]
    figure, panels = new_figure(3)
    accuracy_panel(panels[0], _decays(table), context, "reg_coefficient")
    panels[0].set_title("weight decay and the penalty", fontsize="medium")
    accuracy_panel(panels[1], _halvings(table), context, "bare_learning_rate")
    panels[1].set_title("first halving of the rate", fontsize="medium")
    accuracy_panel(panels[2], _scores(table), context, "either")
    panels[2].set_title("highest or final accuracy", fontsize="medium")
    return figure


def _decays(table: pd.DataFrame) -> list[Curve]:
    looks = {"beside": (COLORS["C_mod"], "s", 2**-0.05), "inside": (COLORS["train"], "D", 2**0.05)}
    return [
        Curve(select(table, "a", "test_accuracy", name), f"L2 term {name} the penalty", *look)
        for name, look in looks.items()
    ]


def _halvings(table: pd.DataFrame) -> list[Curve]:
    """Values of n by colour, the first halving by marker and a shift."""
    rows = select(table, "b", "test_accuracy", "n")
    numbers = sorted(rows["updates_per_batch"].unique())
    starts = sorted(rows["schedule.start"].unique())
    curves = []
    for number, color in zip(numbers, ordered_colors(len(numbers)), strict=True):
        for place, start in enumerate(starts):
            mine = (rows["updates_per_batch"] == number) & (rows["schedule.start"] == start)
            label = f"$n = {number:g}$, halved first after {100 * start:g} %"
            shift = 2 ** (0.1 * (place - (len(starts) - 1) / 2))
            if mine.any():
                curves.append(Curve(rows[mine], label, color, "os^"[place], shift))
    return curves


def _scores(table: pd.DataFrame) -> list[Curve]:
    """The paper's score and the final accuracy, each with the runs that are best by it."""
    highest, final = "test_accuracy", "test_accuracy_final"
    looks = [
        ("C", SERIES["C"], highest, COLORS["C"], "o", 2**-0.05),
        ("C_mod", SERIES["C_mod"], highest, COLORS["C_mod"], "s", 2**-0.05),
        ("C_final", SERIES["C"], final, COLORS["baseline"], "o", 2**0.05),
        ("C_mod_final", SERIES["C_mod"], final, COLORS["train"], "s", 2**0.05),
    ]
    return [
        Curve(
            select(table, "c", metric, curve),
            f"{symbol}, {'final' if metric == final else 'highest'}",
            color,
            marker,
            shift,
        )
        for curve, symbol, metric, color, marker, shift in looks
    ]
