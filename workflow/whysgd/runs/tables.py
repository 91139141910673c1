"""From histories to the tables that the figures draw.

The protocol of the 2021 paper: several runs of every grid point, each scored by its highest
test accuracy during training; the best few are kept and supply every number of the point.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whysgd.config.settings import Sweeps
from whysgd.runs.figures import Curves, FigureSpec, Score
from whysgd.runs.grid import Point, experiment_points

TABLE_COLUMNS = (
    "panel",
    "series",
    "x_name",
    "x",
    "metric",
    "mean",
    "std",
    "kept",
    "total",
    "diverged",
)
CURVE_METRICS = ("train_accuracy", "train_loss", "test_accuracy", "test_loss")
_FINAL = {
    "test_accuracy_final": "test_accuracy",
    "train_accuracy_final": "train_accuracy",
    "train_loss": "train_loss",
    "c_reg": "c_reg",
}
RUN_METRICS = ("test_accuracy", "train_accuracy", *_FINAL)
RUN_COLUMNS = (
    "panel",
    "series",
    "x_name",
    "x",
    "num_train",
    "batch_size",
    "updates_per_batch",
    "learning_rate",
    "reg_coefficient",
    "seed",
    *RUN_METRICS,
    "diverged",
)
Histories = Callable[[Point], pd.DataFrame]


@dataclass(frozen=True)
class Summary:
    """The runs of one grid point, ranked.

    Attributes:
        kept: histories of the runs that count, best first.
        total: runs in all.
        diverged: runs whose loss or parameters stopped being finite; they are never kept.
    """

    kept: tuple[pd.DataFrame, ...]
    total: int
    diverged: int

    def metrics(self) -> dict[str, list[float]]:
        """Every metric of the table, with one value per kept run."""
        runs = [run_metrics(run) for run in self.kept]
        return {metric: [run[metric] for run in runs] for metric in RUN_METRICS}


def run_metrics(run: pd.DataFrame) -> dict[str, float]:
    """Metrics `RUN_METRICS` of one run: accuracies are the highest during training, or final."""
    return {
        "test_accuracy": _score(run, "highest"),
        "train_accuracy": float(run["train_accuracy"].max()),
        **{metric: float(run[name].iloc[-1]) for metric, name in _FINAL.items()},
    }


def best_first(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Places of runs along the last axis from the highest score to the lowest.

    Args:
        scores: (..., runs), in the order of the seeds; nan for a diverged run.

    Returns:
        (..., runs). Ties go to the run that stands first; diverged runs come last.
    """
    return np.argsort(np.where(np.isnan(scores), np.inf, -scores), axis=-1, kind="stable")


def rank_runs(history: pd.DataFrame, keep_best: int, score: Score = "highest") -> Summary:
    """Ranks the runs of one grid point by their test accuracy.

    Args:
        history: rows of one grid point, all seeds and evaluations.
        keep_best: how many runs to keep; fewer are kept where fewer are finite.
        score: the highest accuracy during training, or the final one.

    Returns:
        The kept runs, best first. Ties go to the smaller seed. A diverged run ranks last and is
        never kept; a finite run at chance level counts as it is.
    """
    runs = [run.sort_values("update") for _, run in history.groupby("seed", sort=True)]
    scores = np.array([np.nan if _diverged(run) else _score(run, score) for run in runs])
    finite = int(np.isfinite(scores).sum())
    kept = best_first(scores)[: min(keep_best, finite)]
    return Summary(tuple(runs[place] for place in kept), len(runs), len(runs) - finite)


def figure_table(figure: FigureSpec, scale: Sweeps, histories: Histories) -> pd.DataFrame:
    """The tidy table of a figure, one row per panel, series, position and metric.

    Args:
        figure: which runs it reads and as what.
        scale: the experiments and the number of runs to keep.
        histories: the history of a grid point, all seeds of the scale.

    Returns:
        Columns `TABLE_COLUMNS`; `std` has ddof = 1 and is empty for fewer than two kept runs.
    """
    keep_best = scale.runs.keep_best
    rows: list[dict[str, object]] = []
    for curves in figure.curves:
        points = experiment_points(scale, curves.experiment)
        summaries = {
            point: rank_runs(histories(point), keep_best, curves.score) for point in points
        }
        if curves.x == "epoch":
            rows += _trajectories(curves, summaries)
        elif curves.x == "epochs":
            rows += _tuned(curves, summaries)
        else:
            rows += [
                _row(curves, point, curves.x_of(point), metric, values, summary)
                for point, summary in summaries.items()
                for metric, values in summary.metrics().items()
            ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def run_table(figure: FigureSpec, scale: Sweeps, histories: Histories) -> pd.DataFrame:
    """Every single run that a figure reads, one row per panel, series, grid point and seed.

    Args:
        figure: which runs it reads and as what.
        scale: the experiments.
        histories: the history of a grid point, all seeds of the scale.

    Returns:
        Columns `RUN_COLUMNS`. `x` is empty where the axis is the epoch, the metrics of a diverged
        run are.
    """
    rows: list[dict[str, object]] = []
    for curves in figure.curves:
        for point in experiment_points(scale, curves.experiment):
            of_point = {
                "panel": curves.panel,
                "series": curves.series_of(point),
                "x_name": curves.x,
                "x": np.nan if curves.x == "epoch" else curves.x_of(point),
                "num_train": point.program.dataset.num_train,
                "batch_size": point.program.batch_size,
                "updates_per_batch": point.program.updates_per_batch,
                "learning_rate": point.learning_rate,
                "reg_coefficient": point.reg_coefficient,
            }
            for seed, run in histories(point).groupby("seed", sort=True):
                diverged = _diverged(run)
                metrics = {} if diverged else run_metrics(run.sort_values("update"))
                rows.append({**of_point, "seed": seed, **metrics, "diverged": int(diverged)})
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS))


def _score(run: pd.DataFrame, score: Score) -> float:
    accuracies = run["test_accuracy"]
    return float(accuracies.max() if score == "highest" else accuracies.iloc[-1])


def _diverged(run: pd.DataFrame) -> bool:
    return bool((run["diverged_at"] >= 0).any())


def _trajectories(curves: Curves, summaries: dict[Point, Summary]) -> list[dict[str, object]]:
    """Mean histories of the kept runs: one row per evaluation and metric."""
    rows = []
    for point, summary in summaries.items():
        if not summary.kept:
            for metric in CURVE_METRICS:
                rows.append(_row(curves, point, np.nan, metric, [], summary))
            continue
        merged = pd.concat(summary.kept)
        for epoch, evaluation in merged.groupby("epoch", sort=True):
            for metric in CURVE_METRICS:
                values = list(evaluation[metric])
                rows.append(_row(curves, point, epoch, metric, values, summary))
    return rows


def _tuned(curves: Curves, summaries: dict[Point, Summary]) -> list[dict[str, object]]:
    """At every budget, the learning rate with the highest mean test accuracy.

    A rate at which too few runs are finite loses to one that has them all: its mean would
    be over the luckier runs.
    """
    groups: dict[tuple[str, float], list[Point]] = {}
    for point in summaries:
        groups.setdefault((curves.series_of(point), curves.x_of(point)), []).append(point)
    rows = []
    for (_, x), points in groups.items():

        def quality(point: Point) -> tuple[int, float]:
            scores = summaries[point].metrics()["test_accuracy"]
            return len(scores), float(np.mean(scores)) if scores else -np.inf

        best = max(points, key=quality)
        summary = summaries[best]
        metrics = summary.metrics()
        metrics["best_learning_rate"] = [best.learning_rate] * len(summary.kept)
        rows += [_row(curves, best, x, name, values, summary) for name, values in metrics.items()]
    return rows


def _row(
    curves: Curves,
    point: Point,
    x: object,
    metric: str,
    values: Sequence[float],
    summary: Summary,
) -> dict[str, object]:
    return {
        "panel": curves.panel,
        "series": curves.series_of(point),
        "x_name": curves.x,
        "x": x,
        "metric": metric,
        "mean": np.mean(values) if values else np.nan,
        "std": np.std(values, ddof=1) if len(values) > 1 else np.nan,
        "kept": len(summary.kept),
        "total": summary.total,
        "diverged": summary.diverged,
    }
