"""The plan of a scale as a table for readers: what each figure costs, and all together."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from whysgd.planning.estimate import JobEstimate, seconds_at_once

COLUMNS = (
    "figure",
    "jobs",
    "runs",
    "updates",
    "hours",  # of all its jobs, one after the other
    "new_hours",  # of those that no figure above needs
    "longest_job_hours",
    "largest_job_gb",
)
_HEADINGS = (
    "figure",
    "jobs",
    "runs",
    "million updates",
    "job-hours",
    "not shared with figures above",
    "longest job, hours",
    "largest job, GB",
)
ALL = "all"


@dataclass(frozen=True)
class Finished:
    """A job that is done, and the seconds that it took; None where nothing tells."""

    estimate: JobEstimate
    seconds: float | None


def plan_table(
    estimates: Mapping[str, JobEstimate], figures: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """One row per figure and a last one of all jobs of the figures together.

    Args:
        estimates: of the jobs, by run id.
        figures: run ids of what each figure reads, in the order of the table.
    """
    rows, seen = [], set[str]()
    for figure, run_ids in figures.items():
        new = [run_id for run_id in run_ids if run_id not in seen]
        seen.update(new)
        rows.append(_row(figure, run_ids, new, estimates))
    everything = [run_id for run_id in estimates if run_id in seen]
    rows.append(_row(ALL, everything, everything, estimates))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    figure: str, run_ids: Sequence[str], new: Sequence[str], estimates: Mapping[str, JobEstimate]
) -> tuple[object, ...]:
    jobs = [estimates[run_id] for run_id in run_ids]
    return (
        figure,
        len(jobs),
        sum(job.runs for job in jobs),
        sum(job.updates for job in jobs),
        sum(job.seconds for job in jobs) / 3600,
        sum(estimates[run_id].seconds for run_id in new) / 3600,
        max(job.seconds for job in jobs) / 3600,
        max(job.bytes for job in jobs) / 1e9,
    )


def plan_lines(
    title: str,
    table: pd.DataFrame,
    jobs: Iterable[JobEstimate],
    finished: Sequence[Finished],
    places: int,
) -> list[str]:
    """The plan in Markdown.

    Args:
        title: first line.
        table: as `plan_table` makes it.
        jobs: all of it.
        finished: those that are done.
        places: how many jobs run at once on this machine.
    """
    jobs = list(jobs)
    done = {job.estimate.run_id for job in finished}
    left = [job for job in jobs if job.run_id not in done]
    devices = ", ".join(sorted({job.device for job in jobs}))
    lines = [f"# {title}", "", *_markdown(table), ""]
    lines.append(
        f"All jobs, {places} at once: {_duration(seconds_at_once(jobs, places))} "
        f"(timed on: {devices}). {len(finished)} of {len(jobs)} are done; "
        f"what is left, {places} at once: {_duration(seconds_at_once(left, places))}."
    )
    ratios = [job.seconds / job.estimate.seconds for job in finished if job.seconds is not None]
    if ratios:
        lines += ["", _comparison(ratios, finished)]
    return [*lines, "", "Data sets, tables, figures and the theory study are not in it."]


def _comparison(ratios: Sequence[float], finished: Sequence[Finished]) -> str:
    told = [job for job in finished if job.seconds is not None]
    total = sum(job.seconds or 0.0 for job in told) / sum(job.estimate.seconds for job in told)
    low, high = np.quantile(ratios, [0.25, 0.75])
    return (
        f"The {len(ratios)} finished jobs whose times are known took {total:.2f} times what is "
        f"expected of them in all; each {statistics.median(ratios):.2f} times (median; quartiles "
        f"{low:.2f} and {high:.2f})."
    )


def _markdown(table: pd.DataFrame) -> list[str]:
    lines = [_line(_HEADINGS), _line(["---"] + ["---:"] * (len(COLUMNS) - 1))]
    for row in table.to_dict("records"):
        cells = [
            row["figure"],
            f"{row['jobs']}",
            f"{row['runs']:,}",
            f"{row['updates'] / 1e6:,.2f}",
        ]
        cells += [_hours(row[name]) for name in ("hours", "new_hours", "longest_job_hours")]
        lines.append(_line([*cells, f"{row['largest_job_gb']:.1f}"]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
