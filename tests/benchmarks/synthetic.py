"""Files of the suite with chosen timings."""

from pathlib import Path

from whysgd.base.files import write_json
from whysgd.benchmarks.rows import KINDS, ROWS

MACHINE = {
    "effort": {"rounds": 3, "seconds": 0.3},
    "machine": {"processor": "Abacus", "cores": 2, "system": "Linux", "python": "3.11"},
    "versions": {"tensorflow": "2"},
    "threads": 1,
    "commit": "abc",
}


def timed(microseconds: float, members: int, updates: int) -> dict:
    """Three rounds around a time of an update and run, of 10 minibatches each."""
    seconds = [microseconds * 1e-6 * 10 * members * updates * factor for factor in (0.9, 1, 1.1)]
    return {
        "options": {},
        "compile_seconds": 1.25,
        "disagreement": {"share": 0.1, "where": "member 0"},
        "minibatches": 10,
        "members": members,
        "seconds": [1.5 * value for value in seconds],
        "cpu_seconds": seconds,
    }


def write_row(folder: Path, name: str, **microseconds: dict[str, float]) -> None:
    """A row's file: times by contestant, and in them by kind of update."""
    (row,) = (row for row in ROWS if row.name == name)
    kinds = {
        kind: {
            contestant: timed(times[kind], row.members, 4 if kind == "n4" else 1)
            for contestant, times in microseconds.items()
            if kind in times
        }
        for kind in KINDS
    }
    write_json(folder / f"{name}.json", {"name": name, "kinds": kinds, **MACHINE})


def write_rows(folder: Path, **microseconds: dict[str, float]) -> None:
    """Every row of the suite, all with the same times."""
    for row in ROWS:
        write_row(folder, row.name, **microseconds)
