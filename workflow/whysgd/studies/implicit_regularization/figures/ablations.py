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
    rows = select(table, "b", "test_accuracy")
    names = sorted(rows["series"].unique(), key=lambda name: (_number(name), name))
    numbers = sorted({_number(name) for name in names})
    colors = dict(zip(numbers, ordered_colors(len(numbers)), strict=True))
    starts = sorted({name.split("after ")[1] for name in names})
    curves = []
    for name in names:
        start = name.split("after ")[1]
        place = starts.index(start) - (len(starts) - 1) / 2
        curves.append(
            Curve(
                rows[rows["series"] == name],
                f"$n = {_number(name)}$, halved first after {start}",
                colors[_number(name)],
                "os^"[starts.index(start)],
                2 ** (0.1 * place),
            )
        )
    return curves


def _number(series: str) -> int:
    return int(series.split(" = ")[1].split(",")[0])


def _scores(table: pd.DataFrame) -> list[Curve]:
    """The paper's score and the final accuracy, each with the runs that are best by it."""
    looks = [
        ("C", "test_accuracy", "highest", COLORS["C"], "o", 2**-0.05),
        ("C_mod", "test_accuracy", "highest", COLORS["C_mod"], "s", 2**-0.05),
        ("C, final", "test_accuracy_final", "final", COLORS["baseline"], "o", 2**0.05),
        ("C_mod, final", "test_accuracy_final", "final", COLORS["train"], "s", 2**0.05),
    ]
    return [
        Curve(
            select(table, "c", metric, series),
            f"{SERIES[series.split(',')[0]]}, {score}",
            color,
            marker,
            shift,
        )
        for series, metric, score, color, marker, shift in looks
    ]
