"""What each figure costs: jobs, runs, updates and time, from Snakemake's benchmark files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from whysgd.config.settings import ScaleSettings
from whysgd.runs.grid import Jobs, plan_jobs
from whysgd.spec.ensemble import Member
from whysgd.studies.figures import FigureSpec
from whysgd.studies.implicit_regularization import EXTRA_FIGURES
from whysgd.studies.theory import FIGURES as THEORY_FIGURES
from whysgd.studies.theory import JOBS as THEORY_JOBS
from whysgd.studies.theory import SLOPES, TheoryFigure

COST_COLUMNS = (
    "figure",
    "jobs",
    "runs",
    "updates",
    "computing_seconds",
    "drawing_seconds",
)
ALL = "all figures"
_EXTRA = {figure.name for figure in EXTRA_FIGURES}
Seconds = Mapping[str, Mapping[str, Any]]


def cost_table(
    scale: ScaleSettings, figures: Sequence[FigureSpec], records: Seconds
) -> pd.DataFrame:
    """One row a figure, and one for all of them, in which every job counts once.

    Args:
        scale: what is trained, and whether the theory study is computed.
        figures: whose runs are trained; some may be there for a claim alone, and not drawn.
        records: `seconds` of each job by kind and name, as in `whysgd.reporting.provenance`.

    Returns:
        Columns `COST_COLUMNS`. A job that trains runs for several figures is shared out by its
        runs, which all take the same time. Where a job's time is unknown, so is the sum. Runs and
        updates are empty for the theory study.
    """
    jobs = plan_jobs(scale)
    read = {figure.name: _members(figure, scale, jobs) for figure in figures}
    rows = [_training_row(name, members, jobs, records) for name, members in read.items()]
    together: dict[str, set[Member]] = {}
    for members in read.values():
        for run_id, some in members.items():
            together.setdefault(run_id, set()).update(some)
    total = _training_row(ALL, together, jobs, records)
    names = [figure.name for figure in figures]
    if scale.theory is not None:
        rows += [_theory_row(figure, records) for figure in THEORY_FIGURES]
        computed = [f"theory/{job.name}" for job in THEORY_JOBS] + [f"theory/{SLOPES}"]
        total["jobs"] += len(computed)
        total["computing_seconds"] += _sum(records, computed)
        names += [figure.name for figure in THEORY_FIGURES]
    total["drawing_seconds"] = sum(_drawing(records, name) for name in names)
    return pd.DataFrame([*rows, total], columns=list(COST_COLUMNS)).astype({"jobs": int})


def _members(figure: FigureSpec, scale: ScaleSettings, jobs: Jobs) -> dict[str, set[Member]]:
    """The runs that a figure reads, by the job that trains them."""
    found: dict[str, set[Member]] = {}
    for point in figure.points(scale):
        for seed in scale.runs.seeds:
            found.setdefault(jobs.run_id(point, seed), set()).add(point.member(seed))
    return found


def _training_row(
    name: str, read: Mapping[str, set[Member]], jobs: Jobs, records: Seconds
) -> dict[str, Any]:
    ensembles = {run_id: jobs.ensembles[run_id] for run_id in read}
    return {
        "figure": name,
        "jobs": len(read),
        "runs": sum(len(members) for members in read.values()),
        "updates": sum(
            len(members) * ensembles[run_id].program.num_updates for run_id, members in read.items()
        ),
        "computing_seconds": sum(
            len(members) / len(ensembles[run_id].members) * _seconds(records, f"train/{run_id}")
            for run_id, members in read.items()
        ),
        "drawing_seconds": _drawing(records, name),
    }


def _theory_row(figure: TheoryFigure, records: Seconds) -> dict[str, Any]:
    names = [
        f"theory/{job.name}"
        for job in THEORY_JOBS
        if any(table.name in figure.tables for table in job.tables)
    ]
    return {
        "figure": figure.name,
        "jobs": len(names),
        "computing_seconds": _sum(records, names),
        "drawing_seconds": _drawing(records, figure.name),
    }


def _drawing(records: Seconds, figure: str) -> float:
    """Aggregating, where there is something to aggregate, and drawing, where it is drawn."""
    names = [f"table/{figure}", f"figure/{figure}"]
    needed = f"figure/{figure}" if figure not in _EXTRA else f"table/{figure}"
    return _sum(records, (name for name in names if name in records or name == needed))


def _sum(records: Seconds, names: Iterable[str]) -> float:
    return sum(_seconds(records, name) for name in names)


def _seconds(records: Seconds, name: str) -> float:
    seconds = records.get(name, {}).get("seconds")
    return np.nan if seconds is None else float(seconds)
