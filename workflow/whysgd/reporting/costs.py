"""What each figure costs: jobs, runs, updates and time, from Snakemake's benchmark files."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from whysgd.config.settings import ScaleSettings
from whysgd.runs.figures import FigureSpec
from whysgd.runs.grid import Jobs, plan_jobs
from whysgd.spec.ensemble import Member
from whysgd.studies.study import Study

COST_COLUMNS = (
    "figure",
    "jobs",
    "runs",
    "updates",
    "computing_seconds",
    "drawing_seconds",
)
ALL = "all figures"
Seconds = Mapping[str, Mapping[str, Any]]


def cost_table(
    scale: ScaleSettings, studies: Sequence[Study], judged: Collection[str], records: Seconds
) -> pd.DataFrame:
    """One row a figure, and one for all of them, in which every job counts once.

    Args:
        scale: what is trained and computed.
        studies: whose figures are drawn by default.
        judged: names of the figures that a claim reads: their runs are trained, drawn or not.
        records: `seconds` of each job by kind and name, as in `whysgd.reporting.provenance`.

    Returns:
        Columns `COST_COLUMNS`. A job that trains runs for several figures is shared out by its
        runs, which all take the same time. Where a job's time is unknown, so is the sum. Runs and
        updates are empty for a figure of computed tables; a job that reads nothing but other tables
        counts in the last row only.
    """
    jobs = plan_jobs(scale)
    trained = [figure for study in studies for figure in study.trained_at(scale, judged)]
    read = {figure.name: _members(figure, scale, jobs) for figure in trained}
    together: dict[str, set[Member]] = {}
    for members in read.values():
        for run_id, some in members.items():
            together.setdefault(run_id, set()).update(some)
    total = _training_row(ALL, together, jobs, records)
    rows = []
    for study in studies:
        for figure in study.trained_at(scale, judged):
            drawing = _drawing(figure, records)
            row = _training_row(figure.name, read[figure.name], jobs, records)
            rows.append({**row, "drawing_seconds": drawing})
        for figure in study.figures_at(scale):
            if figure.tables and figure.default:
                rows.append(_computing_row(figure, study, records))
        computed = [f"{study.name}/{job.name}" for job in study.computations_at(scale)]
        total["jobs"] += len(computed)
        total["computing_seconds"] += _sum(records, computed)
    total["drawing_seconds"] = sum(row["drawing_seconds"] for row in rows)
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
    }


def _computing_row(figure: FigureSpec, study: Study, records: Seconds) -> dict[str, Any]:
    names = [
        f"{study.name}/{job.name}"
        for job in study.computations
        if not job.reads and any(table.name in figure.tables for table in job.tables)
    ]
    return {
        "figure": figure.name,
        "jobs": len(names),
        "computing_seconds": _sum(records, names),
        "drawing_seconds": _drawing(figure, records),
    }


def _drawing(figure: FigureSpec, records: Seconds) -> float:
    """Aggregating, where there is something to aggregate, and drawing, where it is drawn."""
    names = [f"table/{figure.name}", f"figure/{figure.name}"]
    needed = names[1] if figure.default else names[0]
    return _sum(records, (name for name in names if name in records or name == needed))


def _sum(records: Seconds, names: Iterable[str]) -> float:
    return sum(_seconds(records, name) for name in names)


def _seconds(records: Seconds, name: str) -> float:
    seconds = records.get(name, {}).get("seconds")
    return np.nan if seconds is None else float(seconds)
