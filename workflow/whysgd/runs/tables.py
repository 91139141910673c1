"""From histories to the tables of a figure: one walk over its readings makes both.

The table of runs has every run that a figure reads, the other one what the figure shows of the
runs that are kept. New columns go to the right of those that earlier versions published.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from whysgd.base.errors import UserError
from whysgd.config.sweeps import Sweeps
from whysgd.runs.grid import Point, experiment_points
from whysgd.runs.point_values import value_of
from whysgd.runs.ranking import Ranked, rank_runs
from whysgd.runs.readings import (
    OverTraining,
    Reading,
    Tuned,
    curve_values,
    labelled_curves,
    run_metrics,
)
from whysgd.runs.tuning import find_optimum

_PLACE = ("panel", "series", "x_name", "x")
_MEANS = ("metric", "mean", "std", "kept", "total", "diverged")
_POINT = ("num_train", "batch_size", "updates_per_batch", "learning_rate", "reg_coefficient")
_CURVE = ("curve", "by", "score")
# What every table of a figure has, whenever it was published.
MEAN_COLUMNS = (*_PLACE, *_MEANS)
RUN_COLUMNS = (*_PLACE, *_POINT, "seed", "diverged")
_TUNED = ("tuned_low", "tuned_high", "at_edge")
Histories = Callable[[Point], pd.DataFrame]


@dataclass(frozen=True)
class FigureTables:
    """The tables of a figure.

    Attributes:
        means: one row per panel, curve, position and metric; columns `mean_columns`. `std` has
            ddof = 1 and is empty for fewer than two kept runs. Where the horizontal position has
            its best value of a grid, `tuned_low` and `tuned_high` are the range of values that
            are as good, and `at_edge` is 1 if the best one lies at an end of the grid.
        runs: one row per panel, curve, grid point and seed; columns `run_columns`. `x` is empty
            where the axis is the epoch, the metrics of a diverged run are.
    """

    means: pd.DataFrame
    runs: pd.DataFrame


def mean_columns(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Columns of the table of what a figure shows."""
    tuned = _TUNED if any(isinstance(reading, Tuned) for reading in readings) else ()
    return (*_PLACE, *_MEANS, *_CURVE, *curve_values(readings), *tuned)


def run_columns(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Columns of the table of every run of a figure."""
    values = [name for name in curve_values(readings) if name not in _POINT]
    metrics = run_metrics(readings)
    return (*_PLACE, *_POINT, "seed", *metrics, "diverged", "run_id", *_CURVE, *values)


def figure_tables(
    readings: Sequence[Reading], sweeps: Sweeps, histories: Histories
) -> FigureTables:
    """Both tables of a figure.

    Args:
        readings: of the figure.
        sweeps: the experiments and the number of runs to keep.
        histories: the history of a grid point, all seeds of the scale, with the runs' ids.
    """
    means: list[dict[str, Any]] = []
    runs: list[dict[str, Any]] = []
    for reading in readings:
        read = {
            point: rank_runs(histories(point), sweeps.runs.keep_best, reading.score)
            for point in experiment_points(sweeps, reading.experiment)
        }
        runs += [row for point, ranked in read.items() for row in _run_rows(reading, point, ranked)]
        means += [row for shown in _shown(reading, read) for row in _mean_rows(reading, shown)]
    exact = (*curve_values(readings), "at_edge")
    return FigureTables(
        _table(means, mean_columns(readings), exact), _table(runs, run_columns(readings), exact)
    )


def completed_table(
    name: str, content: bytes, readings: Sequence[Reading], sweeps: Sweeps
) -> bytes:
    """A table of a figure with the columns that tell its curves apart by value.

    Tables that were published before had these columns do without; their labels and the readings
    tell what belongs there. Columns that only the runs could tell, such as the runs' ids, are
    empty. A table that has the columns comes back as it is.

    Args:
        name: of the file, for the error.
        content: of the file.
        readings: of the figure.
        sweeps: that the table was made with.

    Raises:
        UserError: a label is none of the figure's.
    """
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    if "curve" in table.columns:
        return content
    known = labelled_curves(readings, sweeps)
    rows: list[Mapping[str, Any]] = []
    for panel, series in zip(table["panel"], table["series"], strict=True):
        if (panel, series) not in known:
            raise UserError(
                f"{name}: panel {panel}: no curve is labelled {series!r} in this version"
            )
        rows.append(known[panel, series])
    columns = mean_columns(readings) if "metric" in table.columns else run_columns(readings)
    new = [column for column in columns if column not in table.columns]
    added = _table(rows, new, curve_values(readings))
    text: str = pd.concat([table, added], axis=1).to_csv(index=False, lineterminator="\n")
    return text.encode()


@dataclass(frozen=True)
class _Shown:
    """What a figure shows at one position of one curve.

    Attributes:
        point: of the curve; the runs' own, where the position has one.
        x: the position.
        ranked: the runs.
        values: what each kept run has, by metric.
        more: further columns of all of these rows.
    """

    point: Point
    x: Any
    ranked: Ranked
    values: Mapping[str, Sequence[float]]
    more: Mapping[str, Any] = field(default_factory=dict)


def _shown(reading: Reading, read: Mapping[Point, Ranked]) -> Iterator[_Shown]:
    """What a reading shows, position by position."""
    match reading:
        case OverTraining():
            for point, ranked in read.items():
                yield from _training(reading, point, ranked)
        case Tuned():
            yield from _optima(reading, read)
        case _:
            for point, ranked in read.items():
                (x,) = reading.place_of(point)
                yield _Shown(point, x, ranked, ranked.metrics(reading.metrics))


def _training(reading: OverTraining, point: Point, ranked: Ranked) -> Iterator[_Shown]:
    """Every evaluation of the kept runs; without any, one place without a position."""
    if not ranked.kept:
        yield _Shown(point, np.nan, ranked, {column: [] for column in reading.columns})
        return
    kept = pd.concat([run.history for run in ranked.kept])
    for epoch, evaluation in kept.groupby("epoch", sort=True):
        values = {column: list(evaluation[column]) for column in reading.columns}
        yield _Shown(point, epoch, ranked, values)


def _optima(reading: Tuned, read: Mapping[Point, Ranked]) -> Iterator[_Shown]:
    """The best point of every position of every curve."""
    grids: dict[tuple[object, ...], list[Point]] = {}
    for point in read:
        curve = tuple(reading.values_of(point).values())
        grids.setdefault((*curve, value_of(point, reading.x)), []).append(point)
    for grid in grids.values():
        rates = [value_of(point, reading.over) for point in grid]
        scores = [read[point].numbers(reading.score) for point in grid]
        best = find_optimum(rates, scores, reading.score.sign)
        point, ranked = grid[best.place], read[grid[best.place]]
        values = ranked.metrics(reading.metrics)
        values[f"best_{reading.over}"] = [rates[best.place]] * len(ranked.kept)
        more = {"tuned_low": best.low, "tuned_high": best.high, "at_edge": best.at_edge}
        yield _Shown(point, value_of(point, reading.x), ranked, values, more)


def _mean_rows(reading: Reading, shown: _Shown) -> Iterator[dict[str, Any]]:
    """One row for each metric at a position."""
    for metric, values in shown.values.items():
        yield {
            "panel": reading.panel,
            "series": reading.series_of(shown.point),
            "x_name": reading.x_name,
            "x": shown.x,
            "metric": metric,
            "mean": np.mean(values) if len(values) else np.nan,
            "std": np.std(values, ddof=1) if len(values) > 1 else np.nan,
            "kept": len(shown.ranked.kept),
            "total": len(shown.ranked.runs),
            "diverged": shown.ranked.diverged,
            **reading.curve_of(shown.point),
            **shown.more,
        }


def _run_rows(reading: Reading, point: Point, ranked: Ranked) -> Iterator[dict[str, Any]]:
    """One row for each run of a grid point."""
    over_training = isinstance(reading, OverTraining)
    for run in ranked.runs:
        yield {
            "panel": reading.panel,
            "series": reading.series_of(point),
            "x_name": reading.x_name,
            "x": np.nan if over_training else reading.place_of(point)[0],
            "num_train": point.program.dataset.num_train,
            "batch_size": point.program.batch_size,
            "updates_per_batch": point.program.updates_per_batch,
            "learning_rate": point.learning_rate,
            "reg_coefficient": point.reg_coefficient,
            "seed": run.seed,
            **({} if run.diverged else {s.name: run.number(s) for s in reading.metrics}),
            "diverged": int(run.diverged),
            "run_id": run.run_id,
            **reading.curve_of(point),
        }


def _table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], exact: Sequence[str]
) -> pd.DataFrame:
    """Rows as a table; some columns' values stay as they are, integers too, beside empty ones."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column in (column for column in exact if column in columns):
        values = [row.get(column) for row in rows]
        table[column] = pd.Series(values, index=table.index, dtype=object)
    return table
