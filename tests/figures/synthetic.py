"""Tables as aggregation makes them, with numbers that are easy to tell apart."""

from itertools import product

import numpy as np
import pandas as pd

from whysgd.figures.render import draw_figure
from whysgd.runs.tables import mean_columns
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


VALUES = {"batch_size": (16, 4, 8), "updates_per_batch": (16, 4, 8), "schedule.start": (0.5, 0.6)}


def rows_of(series, positions=SWEPT, **columns):
    """A curve that rises and falls, in every metric."""
    return [
        {
            "series": series,
            "x": x,
            "metric": metric,
            "mean": level * (1 + 0.01 * index - 0.002 * index**2 + 0.001 * len(series)),
            "std": 0.002 * level * (index + 1),
            "kept": 5,
            "total": 7,
            "diverged": 0,
            **columns,
        }
        for index, x in enumerate(positions)
        for metric, level in METRICS.items()
    ]


def label_of(reading, values):
    """The text that a reading gives to a curve with these values of `by`."""
    text = reading.label or reading.curve
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
        text = text.replace(f"{{{name}:%}}", f"{100 * value:g} %")
    return text.replace("{learning_rate}", "2^-9")


def table_of(name):
    """A table with every curve that the study gives the figure; numbers of families 4, 8 and 16."""
    readings = FIGURES[name].readings
    rows = []
    for reading in readings:
        positions = {"epoch": np.arange(0.0, 60, 10), "epochs": np.array([10.0, 20, 40])}
        positions = positions.get(reading.x_name, SWEPT)
        if reading.curve == "baseline":
            positions = [2.0**-9]
        for numbers in product(*(VALUES[name] for name in reading.by)):
            values = dict(zip(reading.by, numbers, strict=True))
            columns = {"panel": reading.panel, "x_name": reading.x_name, "curve": reading.curve}
            rows += rows_of(label_of(reading, values), positions, **columns, **values)
    return pd.DataFrame(rows, columns=list(mean_columns(readings)))


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
