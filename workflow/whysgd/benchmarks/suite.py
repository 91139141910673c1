"""The suite: rows measured one after the other, one JSON file each."""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

from whysgd.benchmarks.machine import description
from whysgd.benchmarks.measure import Bench, Effort
from whysgd.benchmarks.problem import write_problem
from whysgd.benchmarks.roster import ENTRANTS, MATMULS
from whysgd.benchmarks.rows import KINDS, ROWS, Row, Workload, members_of, program_of
from whysgd.benchmarks.worker import Worker
from whysgd.errors import UserError
from whysgd.files import write_json

logger = logging.getLogger("whysgd")


def chosen_rows(names: Sequence[str]) -> list[Row]:
    """Rows of the given names: a workload's, such as mlp64, or a row's, such as mlp64-7.

    Raises:
        UserError: a name is of neither kind.
    """
    if not names:
        return list(ROWS)
    known = {row.name for row in ROWS} | {row.workload.name for row in ROWS}
    for name in names:
        if name not in known:
            raise UserError(f"--rows: unknown {name!r}; known: {', '.join(sorted(known))}")
    return [row for row in ROWS if row.name in names or row.workload.name in names]


def run_suite(rows: Sequence[Row], effort: Effort, folder: Path) -> None:
    """Measures rows and writes `{row}.json` for each into a folder."""
    for workload in dict.fromkeys(row.workload for row in rows):
        _run_workload(workload, [row for row in rows if row.workload is workload], effort, folder)


def _run_workload(workload: Workload, rows: Sequence[Row], effort: Effort, folder: Path) -> None:
    # Fresh processes for each workload: what one left in memory is no concern of the next.
    entrants = [entrant for entrant in ENTRANTS if entrant.available]
    if workload.compare_matmuls:
        entrants.append(MATMULS)
    workers = [Worker(entrant) for entrant in entrants]
    try:
        with tempfile.TemporaryDirectory() as temporary:
            problems = {}
            for kind in KINDS:
                place = Path(temporary, kind)
                place.mkdir()
                problems[kind] = write_problem(
                    program_of(workload, kind),
                    members_of(workload, kind),
                    effort.max_minibatches,
                    place,
                )
            bench = Bench(problems, workers, effort, Path(temporary))
            for row in rows:
                kinds = bench.measure(row)
                record = {
                    "row": row.name,
                    "workload": workload.name,
                    "members": row.members,
                    "effort": vars(effort),
                    "kinds": kinds,
                    **description(),
                }
                write_json(folder / f"{row.name}.json", record)
    finally:
        for worker in workers:
            worker.stop()
