"""Tables as aggregation makes them, with numbers that are easy to tell apart."""

import numpy as np
import pandas as pd

from whysgd.figures.render import draw_figure
from whysgd.runs.tables import TABLE_COLUMNS
from whysgd.studies.registry import FIGURES, STUDIES

SWEPT = 2.0 ** np.arange(-7, -2)
METRICS = {  # one number per metric, so that a panel of the wrong metric shows
    "test_accuracy": 0.90,
    "test_accuracy_final": 0.85,
    "train_accuracy": 0.95,
    "train_accuracy_final": 0.945,
    "train_loss": 0.02,
    "c_reg": 0.3,
}


def rows_of(panel, series, x_name, positions=SWEPT):
    """A curve that rises and falls, in every metric."""
    return [
        {
            "panel": panel,
            "series": series,
            "x_name": x_name,
            "x": x,
            "metric": metric,
            "mean": level * (1 + 0.01 * index - 0.002 * index**2 + 0.001 * len(series)),
            "std": 0.002 * level * (index + 1),
            "kept": 5,
            "total": 7,
            "diverged": 0,
        }
        for index, x in enumerate(positions)
        for metric, level in METRICS.items()
    ]


def table_of(name):
    """A table with every curve that the study gives the figure; series numbers 4, 8 and 16."""
    rows = []
    for curves in FIGURES[name].curves:
        positions = {"epoch": np.arange(0.0, 60, 10), "epochs": np.array([10.0, 20, 40])}
        positions = positions.get(curves.x, SWEPT)
        names = [curves.series]
        for field in ("batch_size", "updates_per_batch"):
            if "{" + field in curves.series:
                names = [curves.series.format(**{field: value}) for value in (16, 4, 8)]
        if "{learning_rate" in curves.series:
            names, positions = ["C at learning_rate = 2^-9"], [2.0**-9]
        for series in names:
            rows += rows_of(curves.panel, series, curves.x, positions)
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def drawing_of(name, tables, context):
    """A figure of any study; of a figure of runs, its one table may be given as it is."""
    (study,) = (study for study in STUDIES if FIGURES[name] in study.figures)
    tables = {"means": tables} if isinstance(tables, pd.DataFrame) else tables
    return draw_figure(name, study.figure_module(FIGURES[name]), tables, context)


def change(table, panel, series, x, **values):
    """The table with new values at one position of one curve, in every metric."""
    table = table.copy()
    mine = (table["panel"] == panel) & (table["series"] == series) & (table["x"] == x)
    assert mine.any()
    for column, value in values.items():
        table.loc[mine, column] = value
    return table


def expected(table, panel, metric, series):
    """Rows that one curve should show."""
    rows = table[(table["panel"] == panel) & (table["metric"] == metric)]
    return rows[rows["series"] == series].sort_values("x")


def places(line):
    """The powers of two that the points of a curve stand beside."""
    return list(2.0 ** np.round(np.log2(np.asarray(line.get_xdata(), float))))


def lines(axes, gid):
    """Lines of a kind that have points."""
    return [line for line in axes.lines if line.get_gid() == gid and np.size(line.get_xdata())]
