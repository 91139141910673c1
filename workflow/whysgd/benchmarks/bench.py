"""Measuring one row: options chosen, numbers checked, timings taken in turns."""

import logging
from collections.abc import Mapping, Sequence
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
    search: bool  # for each contestant's fastest options, or take the first


FULL = Effort(rounds=5, seconds=0.3, max_minibatches=8192, search=True)
QUICK = Effort(rounds=2, seconds=0.02, max_minibatches=64, search=False)


@dataclass(frozen=True)
class Pace:
    """What calibration found."""

    compile_seconds: float  # of the first call beyond what the second took
    minibatches: int  # that fill the time of a round
    seconds: float  # of a minibatch and member


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

    @property
    def one_by_one(self) -> bool:
        """Whether members are trained one after the other."""
        return self.worker.entrant.trains_one_by_one(self.options)


class Bench:
    """Everything that the rows of one workload are measured with."""

    def __init__(
        self,
        problems: Mapping[str, Problem],
        workers: Sequence[Worker],
        effort: Effort,
        folder: Path,
    ) -> None:
        """Measures nothing yet.

        Args:
            problems: by kind of update.
            workers: the first is the reference, whose numbers the others must have.
            effort: how long to measure.
            folder: for the reference's parameters.
        """
        self._problems, self._workers = problems, workers
        self._effort, self._folder = effort, folder
        # What trains members one by one does the same at any number of them.
        self._known: dict[tuple[str, str], tuple[Options, Pace]] = {}

    def measure(self, row: Row) -> dict[str, Any]:
        """Times all workers at all kinds of update of one row.

        Returns:
            By kind and contestant: options, compilation, agreement and raw timings, ready for
            JSON.

        Raises:
            DisagreementError: a contestant trains to other parameters than the reference.
        """
        entries = [
            self._prepared(row, kind, worker)
            for kind in self._problems
            for worker in self._workers
            if kind in worker.entrant.kinds
        ]
        for number, order in enumerate(turns(range(len(entries)), self._effort.rounds)):
            for entry in (entries[place] for place in order):
                entry.worker.call("take", entry.key)
                members = timed_members(entry.one_by_one, row, number)
                timing = entry.worker.call("train", members, entry.pace.minibatches)
                entry.timings.append(timing)
        result: dict[str, Any] = {kind: {} for kind in self._problems}
        for entry in entries:
            result[entry.kind][entry.worker.entrant.name] = self._record(row, entry)
        return result

    def _prepared(self, row: Row, kind: str, worker: Worker) -> Entry:
        """An entry at its fastest options, whose numbers are right."""
        known = self._known.get((worker.entrant.name, kind))
        options, pace = known or self._fastest_options(row, kind, worker)
        entry = Entry(kind, worker, options, pace)
        worker.call("keep", kind, entry.key)
        if worker.entrant.one_by_one:
            self._known[worker.entrant.name, kind] = options, pace
        if worker.entrant.trains:
            entry.disagreement = self._checked(row, entry)
        updates = self._problems[kind].program.updates_per_batch
        logger.info(
            "%s, %s, %s %s: %.4g us an update and run, compiled in %.2g s",
            *(row.name, kind, worker.entrant.title, options or ""),
            *(pace.seconds / updates * 1e6, pace.compile_seconds),
        )
        return entry

    def _fastest_options(self, row: Row, kind: str, worker: Worker) -> tuple[Options, Pace]:
        found = []
        for options in worker.entrant.options(row)[: None if self._effort.search else 1]:
            key = contestant_key(kind, options)
            worker.call("choose", key, self._problems[kind], options)
            found.append((options, self._calibrated(row, worker, options)))
        return min(found, key=lambda pair: pair[1].seconds)

    def _calibrated(self, row: Row, worker: Worker, options: Options) -> Pace:
        """Finds how many minibatches fill the time of a round; all compilation happens here."""
        effort, count = self._effort, row.workload.check_minibatches
        members = timed_members(worker.entrant.trains_one_by_one(options), row)
        first = worker.call("train", members, count).cpu_seconds
        seconds = worker.call("train", members, count).cpu_seconds
        compile_seconds = first - seconds
        while seconds < effort.seconds / 2 and count < effort.max_minibatches:
            # In steps, since a short stretch is mostly what a call costs, whatever its length.
            count = min(effort.max_minibatches, int(count * min(16, 1 + effort.seconds / seconds)))
            worker.call("train", members, count)  # what compiles by the length does it here
            seconds = worker.call("train", members, count).cpu_seconds
        pace = seconds / count
        count = max(1, min(count, int(effort.seconds / pace)))
        return Pace(compile_seconds, count, pace / len(members))

    def _checked(self, row: Row, entry: Entry) -> Disagreement:
        """Compares a contestant with the reference after a few minibatches from the same start.

        Raises:
            DisagreementError: they differ by more than float32 explains.
        """
        worker, minibatches = entry.worker, row.workload.check_minibatches
        folder = self._folder / f"reference-{entry.kind}"
        # One after the other, each member does the same work: the first and the last will do.
        members = sorted({0, row.members - 1}) if entry.one_by_one else list(range(row.members))
        worker.call("train", members, minibatches)
        if worker is self._workers[0]:
            worker.call("save", folder)
        updates = minibatches * self._problems[entry.kind].program.updates_per_batch
        found: Disagreement = worker.call("compare", folder, members, updates)
        if found.share > 1:
            raise DisagreementError(
                f"{row.name}, {entry.kind}: {worker.entrant.title} differs from {OURS.title} in "
                f"{found.where} by {found.share:.3g} times what float32 explains"
            )
        return found

    def _record(self, row: Row, entry: Entry) -> dict[str, Any]:
        return {
            "options": entry.options,
            "compile_seconds": entry.pace.compile_seconds,
            "disagreement": asdict(entry.disagreement),
            "minibatches": entry.pace.minibatches,
            "members": len(timed_members(entry.one_by_one, row)),
            "seconds": [timing.seconds for timing in entry.timings],
            "cpu_seconds": [timing.cpu_seconds for timing in entry.timings],
        }


def contestant_key(kind: str, options: Options) -> str:
    """Names one choice of options at one kind of update."""
    return f"{kind} {sorted(options.items())}"


def timed_members(one_by_one: bool, row: Row, number: int = 0) -> list[int]:
    """Whom a contestant trains in a round: all, or in turn one of them, who stands for all."""
    return [number % row.members] if one_by_one else list(range(row.members))
