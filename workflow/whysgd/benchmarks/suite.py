"""The suite: rows and single figures measured one after the other, one JSON file each."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.files import write_json
from whysgd.base.machine import description
from whysgd.benchmarks.bench import QUICK, Bench, Effort
from whysgd.benchmarks.growth import measure_growth
from whysgd.benchmarks.memory import measure_memory
from whysgd.benchmarks.overhead import measure_jobs, measure_planning
from whysgd.benchmarks.problem import write_problem
from whysgd.benchmarks.roster import ENTRANTS, MATMULS, OURS, Entrant
from whysgd.benchmarks.rows import KINDS, ROWS, WORKLOADS, Row, Workload, members_of, program_of
from whysgd.benchmarks.worker import Worker

logger = logging.getLogger("whysgd")

_WORKLOADS = {workload.name: workload for workload in WORKLOADS}


@contextmanager
def _running(entrants: Sequence[Entrant]) -> Iterator[list[Worker]]:
    """Processes of contestants, which end with the block."""
    workers = [Worker(entrant) for entrant in entrants]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def _memory(effort: Effort) -> dict[str, Any]:
    workload = _WORKLOADS["mlp64" if effort is QUICK else "mlp4096"]
    with _running([OURS]) as (worker,):
        return measure_memory(worker, workload, 7)


def _growth(effort: Effort) -> dict[str, Any]:
    members = (1, 7) if effort is QUICK else (1, 2, 4, 7, 14, 28, 63)
    minibatches = [2**power for power in (range(3, 5) if effort is QUICK else range(8, 14))]
    with _running([OURS]) as (worker,):
        return measure_growth(worker, _WORKLOADS["mlp64"], members, minibatches, effort.rounds)


def _planning(effort: Effort) -> dict[str, Any]:
    return measure_planning(10 if effort is QUICK else 1000, effort.rounds)


def _methods(effort: Effort) -> dict[str, Any]:
    from whysgd.benchmarks.methods import measure_methods

    cases = [("mlp64", 7, 1024), ("mlp256", 7, 128), ("wrn8", 1, 32)]
    if effort is QUICK:
        cases = [("mlp64", 1, 4)]
    return measure_methods(
        [(_WORKLOADS[name], members, minibatches) for name, members, minibatches in cases],
        effort.rounds,
    )


FIGURES: dict[str, Callable[[Effort], dict[str, Any]]] = {
    "memory": _memory,
    "growth": _growth,
    "methods": _methods,
    "planning": _planning,
    "jobs": lambda effort: measure_jobs("tiny" if effort is QUICK else "quick"),
}


def chosen(names: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Rows and single figures of the given names; all, if none is given.

    A row's name is such as mlp64-7; its workload's, mlp64, stands for all its rows.

    Raises:
        UserError: a name is unknown.
    """
    if not names:
        return list(ROWS), list(FIGURES)
    known = [*_WORKLOADS, *(row.name for row in ROWS), *FIGURES]
    for name in names:
        if name not in known:
            raise UserError(f"--rows: unknown {name!r}; known: {', '.join(known)}")
    rows = [row for row in ROWS if row.name in names or row.workload.name in names]
    return rows, [name for name in FIGURES if name in names]


def run_suite(rows: Sequence[Row], figures: Sequence[str], effort: Effort, folder: Path) -> None:
    """Measures rows and figures and writes `{name}.json` for each into a folder."""
    for workload in dict.fromkeys(row.workload for row in rows):
        _run_workload(workload, [row for row in rows if row.workload is workload], effort, folder)
    for name in figures:
        _write(folder, name, FIGURES[name](effort), effort)
        logger.info("%s: done", name)


def _run_workload(workload: Workload, rows: Sequence[Row], effort: Effort, folder: Path) -> None:
    # Fresh processes for each workload: what one left in memory is no concern of the next.
    entrants = [entrant for entrant in ENTRANTS if entrant.available]
    if workload.compare_matmuls:
        entrants.append(MATMULS)
    with _running(entrants) as workers, tempfile.TemporaryDirectory() as temporary:
        plain = write_problem(
            program_of(workload, "plain"),
            members_of(workload, "plain"),
            effort.max_minibatches,
            Path(temporary),
        )
        # The arrays are the same at every kind of update.
        problems = {
            kind: replace(
                plain, program=program_of(workload, kind), members=members_of(workload, kind)
            )
            for kind in KINDS
        }
        bench = Bench(problems, workers, effort, Path(temporary))
        for row in rows:
            record = {"workload": workload.name, "members": row.members}
            _write(folder, row.name, {**record, "kinds": bench.measure(row)}, effort)


def _write(folder: Path, name: str, record: dict[str, Any], effort: Effort) -> None:
    write_json(
        folder / f"{name}.json",
        {"name": name, "effort": vars(effort), **record, **description()},
    )
