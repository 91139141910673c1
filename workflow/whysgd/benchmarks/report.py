"""The table of docs/performance.md: a pure function of the JSON files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from whysgd.benchmarks.interleave import Summary, fastest, paired_ratio, summary
from whysgd.benchmarks.roster import ENTRANTS, OURS
from whysgd.benchmarks.rows import KINDS, ROWS
from whysgd.errors import UserError
from whysgd.files import write_text

BEGIN, END = "<!-- begin: written by make benchmark -->", "<!-- end -->"
_UPDATES = {"plain": 1, "penalty": 1, "n4": 4}
_KIND_TITLES = {"plain": "plain", "penalty": "penalty", "n4": "n = 4"}


def update_seconds(kind: str, timed: Mapping[str, Any]) -> list[float]:
    """Processor seconds of one update of one run, in each round.

    All contestants have one thread, so this is the clock's time less what other programs took.
    """
    updates = timed["minibatches"] * timed["members"] * _UPDATES[kind]
    return [seconds / updates for seconds in timed["cpu_seconds"]]


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows that have been measured, in the order of the suite."""
    paths = [folder / f"{row.name}.json" for row in ROWS]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]


def performance_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """All that stands between the markers."""
    return speed_table(rows)


def speed_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Microseconds of an update and run by each contestant, and how ours compares."""
    heads = ["network", "members", "update", *(entrant.title for entrant in ENTRANTS)]
    lines = [_line([*heads, "ours / fastest peer"]), _line(["---"] * (len(heads) + 1))]
    titles = {row.name: row.workload.title for row in ROWS}
    for row in rows:
        for kind in KINDS:
            timed = {name: update_seconds(kind, t) for name, t in row["kinds"][kind].items()}
            cells = [_microseconds(timed.get(entrant.name)) for entrant in ENTRANTS]
            peers = {name: seconds for name, seconds in timed.items() if name != OURS.name}
            ratio = "" if not peers else _ratio(timed[OURS.name], peers[fastest(peers)])
            where = [titles[row["row"]], str(row["members"]), _KIND_TITLES[kind]]
            lines.append(_line([*where, *cells, ratio]))
    return lines


def update_document(path: Path, lines: Sequence[str]) -> None:
    """Replaces what stands between the markers of a document.

    Raises:
        UserError: the document has no such markers.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{path}: needs the lines {BEGIN!r} and {END!r}, in this order")
    write_text(path, "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _microseconds(seconds: Sequence[float] | None) -> str:
    if seconds is None:
        return ""
    found = Summary(*(value * 1e6 for value in summary(seconds)))
    return f"{found.median:.3g} ({found.low:.3g} to {found.high:.3g})"


def _ratio(numerators: Sequence[float], denominators: Sequence[float]) -> str:
    found = paired_ratio(numerators, denominators)
    return f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
