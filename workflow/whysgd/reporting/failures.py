"""What ended the jobs that failed, in one line each, after all that Snakemake says of them."""

import re
import sys
from pathlib import Path

# What `whysgd.base.scripting.script_log` ends the log of a failed job with; a traceback follows
# the second.
_MISTAKE = re.compile(r"[\d-]{10} [\d:]{8} (error: .*)")
_FAULT = re.compile(r"[\d-]{10} [\d:]{8} failed")


def print_failures(folder: Path, since: float) -> None:
    """Prints, to standard error, how the jobs ended whose logs say that they failed.

    Args:
        folder: of the scale's results.
        since: when this Snakemake has started, in seconds since 1970; what is older is not its.
    """
    for line in failure_lines(folder, since):
        print(line, file=sys.stderr, flush=True)


def failure_lines(folder: Path, since: float) -> list[str]:
    """One line for each failure, oldest first: a mistake of the user's once, however often met."""
    logs = [path for path in (folder / "logs").rglob("*.log") if path.stat().st_mtime >= since]
    logs.sort(key=lambda path: path.stat().st_mtime)
    found = (_ending(path) for path in logs)
    return list(dict.fromkeys(line for line in found if line))


def _ending(log: Path) -> str | None:
    """How a job ended, by its log: the line for the user, or where the traceback is."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    mistake = _MISTAKE.fullmatch(lines[-1]) if lines else None
    if mistake:
        return mistake[1]
    if any(_FAULT.fullmatch(line) for line in lines):
        return f"error: {lines[-1].strip()} ({log})"
    return None
