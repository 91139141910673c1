"""Measuring one row: options chosen, numbers checked, timings taken in turns."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whysgd.benchmarks.agreement import Disagreement, DisagreementError
from whysgd.benchmarks.interleave import turns
from whysgd.benchmarks.problem import Problem
from whysgd.benchmarks.roster import OURS, Options
from whysgd.benchmarks.rows import Row
from whysgd.benchmarks.worker import Timing, Worker

logger = logging.getLogger("whysgd")


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float  # of one contestant in one round
    max_minibatches: int


FULL = Effort(rounds=7, seconds=0.3, max_minibatches=8192)
QUICK = Effort(rounds=2, seconds=0.02, max_minibatches=64)


@dataclass(frozen=True)
class Pace:
    """What calibration found."""

    compile_seconds: float  # of the first call beyond what the second took
    minibatches: int  # that fill the time of a round
    seconds: float  # a minibatch


@dataclass
class Entry:
    """One contestant at one kind of update, ready to be timed, and its timings."""

    kind: str
    worker: Worker
    options: Options
    pace: Pace
    disagreement: Disagreement = Disagreement(0.0, "")
    timings: list[Timing] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Under which the worker keeps the contestant."""
        return contestant_key(self.kind, self.options)


def contestant_key(kind: str, options: Options) -> str:
    """Names one choice of options at one kind of update."""
    return f"{kind} {sorted(options.items())}"


def measure_row(
    row: Row,
    problems: dict[str, Problem],
    workers: Sequence[Worker],
    effort: Effort,
    folder: Path,
) -> dict[str, Any]:
    """Times all workers at all kinds of update of one row.

    Args:
        row: workload and ensemble size.
        problems: by kind of update.
        workers: ours first; it is the reference.
        effort: how long to measure.
        folder: for the reference parameters.

    Returns:
        By kind and contestant: options, compilation, agreement and raw timings, ready for JSON.

    Raises:
        DisagreementError: a contestant trains to other parameters than ours.
    """
    entries = [
        prepare(row, kind, problem, worker, effort, folder / f"reference-{kind}")
        for kind, problem in problems.items()
        for worker in workers
    ]
    for number, order in enumerate(turns(range(len(entries)), effort.rounds)):
        for place in order:
            entry = entries[place]
            entry.worker.call("take", entry.key)
            members = timed_members(entry.worker, row, number)
            entry.timings.append(entry.worker.call("train", members, entry.pace.minibatches))
    result: dict[str, Any] = {kind: {} for kind in problems}
    for entry in entries:
        result[entry.kind][entry.worker.entrant.name] = {
            "options": entry.options,
            "compile_seconds": entry.pace.compile_seconds,
            "disagreement": asdict(entry.disagreement),
            "minibatches": entry.pace.minibatches,
            "members": len(timed_members(entry.worker, row, 0)),
            "seconds": [timing.seconds for timing in entry.timings],
            "cpu_seconds": [timing.cpu_seconds for timing in entry.timings],
        }
    return result


def prepare(
    row: Row, kind: str, problem: Problem, worker: Worker, effort: Effort, reference: Path
) -> Entry:
    """Chooses the fastest options and checks the numbers that they lead to.

    Raises:
        DisagreementError: they are not ours.
    """
    searched = []
    for options in worker.entrant.options(row):
        worker.call("choose", contestant_key(kind, options), problem, options)
        searched.append((options, calibrate(row, worker, effort)))
    options, pace = min(searched, key=lambda found: found[1].seconds)
    entry = Entry(kind, worker, options, pace)
    worker.call("keep", kind, entry.key)
    entry.disagreement = check_numbers(row, problem, entry, reference)
    logger.info(
        "%s %s %s %s: %.4g us an update and run, compiled in %.2g s",
        *(row.name, kind, worker.entrant.title, options),
        pace.seconds * 1e6 / len(timed_members(worker, row)) / problem.program.updates_per_batch,
        pace.compile_seconds,
    )
    return entry


def calibrate(row: Row, worker: Worker, effort: Effort) -> Pace:
    """Finds how many minibatches fill the time of a round; all compilation happens here."""
    members, count = timed_members(worker, row), row.workload.check_minibatches
    first = worker.call("train", members, count).cpu_seconds
    seconds = worker.call("train", members, count).cpu_seconds
    compile_seconds = first - seconds
    while seconds < effort.seconds / 2 and count < effort.max_minibatches:
        # In steps, since a short stretch is mostly what a call costs, whatever its length.
        count = min(effort.max_minibatches, int(count * min(16, 1 + effort.seconds / seconds)))
        worker.call("train", members, count)  # what compiles by the length does it here
        seconds = worker.call("train", members, count).cpu_seconds
    return Pace(compile_seconds, count, seconds / count)


def check_numbers(row: Row, problem: Problem, entry: Entry, reference: Path) -> Disagreement:
    """Compares a contestant with ours after a few minibatches from the same start.

    Raises:
        DisagreementError: they differ by more than float32 explains.
    """
    worker, members = entry.worker, list(range(row.members))
    minibatches = row.workload.check_minibatches
    worker.call("train", members, minibatches)
    if worker.entrant is OURS:
        worker.call("save", reference)
    num_updates = minibatches * problem.program.updates_per_batch
    found: Disagreement = worker.call("compare", reference, members, num_updates)
    if found.share > 1:
        raise DisagreementError(
            f"{row.name}, {entry.kind}: {worker.entrant.title} differs from {OURS.title} in "
            f"{found.parameter} by {found.share:.3g} times what float32 explains"
        )
    return found


def timed_members(worker: Worker, row: Row, number: int = 0) -> list[int]:
    """Whom a contestant trains in a round: all, or one of them where it takes one by one."""
    return [number % row.members] if worker.entrant.one_by_one else list(range(row.members))
