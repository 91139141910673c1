"""What the JSON files hold, read back and put into the units of the tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whysgd.benchmarks.interleave import Summary, fastest, paired_ratio
from whysgd.benchmarks.roster import MATMULS, OURS
from whysgd.benchmarks.rows import KINDS, ROWS, Row, program_of

Seconds = Sequence[float]  # in each round


@dataclass(frozen=True)
class RowRecord:
    """The timings of one row."""

    row: Row
    content: Mapping[str, Any]

    def update_seconds(self, kind: str, name: str) -> list[float]:
        """Processor seconds of one update of one run, in each round.

        All contestants have one thread, so this is the clock's time less what other programs
        took from it.
        """
        timed = self.content["kinds"][kind][name]
        updates = timed["minibatches"] * program_of(self.row.workload, kind).updates_per_batch
        return [seconds / updates / timed["members"] for seconds in timed["cpu_seconds"]]

    def contestants(self, kind: str) -> list[str]:
        """Who trained at this kind of update."""
        return [name for name in self.content["kinds"][kind] if name != MATMULS.name]

    def peers(self, kind: str, *names: str) -> dict[str, Seconds]:
        """Update seconds of everybody but ours, or of the named ones."""
        return {
            name: self.update_seconds(kind, name)
            for name in self.contestants(kind)
            if name != OURS.name and (not names or name in names)
        }

    def against_peers(self, kind: str, *names: str) -> tuple[Summary, str] | None:
        """Time of ours over the fastest of the named peers (of all), and who that is."""
        peers = self.peers(kind, *names)
        if not peers:
            return None
        best = fastest(peers)
        return paired_ratio(self.update_seconds(kind, OURS.name), peers[best]), best

    def penalty_factor(self) -> Summary:
        """Time of our penalty step over the fastest plain step of any contestant."""
        plain = {name: self.update_seconds("plain", name) for name in self.contestants("plain")}
        return paired_ratio(self.update_seconds("penalty", OURS.name), plain[fastest(plain)])

    def waiting(self) -> float:
        """Clock time over processor time of all timings: above 1 where the machine was shared."""
        timed = [t for kind in KINDS for t in self.content["kinds"][kind].values()]
        return sum(sum(t["seconds"]) for t in timed) / sum(sum(t["cpu_seconds"]) for t in timed)


def read_rows(folder: Path) -> list[RowRecord]:
    """The rows that have been measured, in the order of the suite."""
    found = ((row, read_record(folder, row.name)) for row in ROWS)
    return [RowRecord(row, content) for row, content in found if content is not None]


def read_record(folder: Path, name: str) -> dict[str, Any] | None:
    """One file of the suite, or None where it has not been measured."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
