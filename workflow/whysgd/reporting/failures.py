"""What ended the jobs that failed, in one line each, after all that Snakemake says of them."""

import re
import sys
from pathlib import Path

_ENDED = re.compile(r"^[\d-]{10} [\d:]{8} (?:error: (?P<mistake>.*)|(?P<fault>failed))$")


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
    for line in reversed(lines):
        ended = _ENDED.match(line)
        if ended and ended["fault"]:
            return f"error: {lines[-1].strip()} ({log})"
        if ended:
            return f"error: {ended['mistake']}"
    return None
