"""What Snakemake measured of a job, read from the file of its `benchmark`."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Of the last attempt, start-up included; None where the job ended too soon to tell.

    Attributes:
        seconds: clock time.
        max_rss_mb: peak of the memory in use.
    """

    seconds: float | None
    max_rss_mb: float | None


def read_measured(path: Path) -> Measured | None:
    """What was measured; None without a file, or where it holds something else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            *_, last = csv.DictReader(file, delimiter="\t")
        return Measured(_number(last["s"]), _number(last.get("max_rss", "-")))
    except (OSError, ValueError, KeyError):
        return None


def _number(text: str) -> float | None:
    return None if text in ("-", "NA") else float(text)
