"""What a job took: of a training, as it says itself; of others, as Snakemake measured."""

import csv
from dataclasses import dataclass
from pathlib import Path

from whysgd.base.layout import Results
from whysgd.training.job.finished import usage_of


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
    """Reads what Snakemake measured; None without a file, or where it holds something else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            *_, last = csv.DictReader(file, delimiter="\t")
        return Measured(_number(last["s"]), _number(last.get("max_rss", "-")))
    except (OSError, ValueError, KeyError):
        return None


def read_training(folder: Path, run_id: str) -> Measured | None:
    """Reads what a training took, whichever process trained it.

    Snakemake measures processes: one that has trained several runs counts for its own job, and
    the others' jobs have only taken what was finished. So a training says itself what it took.

    Args:
        folder: of a scale's results.
        run_id: of the training job.

    Returns:
        None where nothing is known. What earlier versions have trained is as Snakemake measured.
    """
    usage = usage_of(Path(Results(folder).finished(run_id)))
    if usage is not None:
        return Measured(usage.get("seconds"), usage.get("max_rss_mb"))
    return read_measured(Path(Results(folder).benchmark(f"train/{run_id}")))


def _number(text: str) -> float | None:
    return None if text in ("-", "NA") else float(text)
