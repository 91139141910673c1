"""What one call of Snakemake is going to run, told to the processes that it starts.

The list is written when Snakemake has made its plan and before the first job, and removed when
Snakemake ends. Who reads it may do work ahead; who does not find it does none.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from whysgd.base.files import write_json

_FOLDER = Path(".snakemake") / "whysgd"
_NAME = re.compile(r"wanted-(\d+)\.json")


def wanted_file() -> str:
    """The list of the Snakemake that this process is; it may not exist."""
    return (_FOLDER / f"wanted-{os.getpid()}.json").as_posix()


def write_wanted(jobs: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Writes the list, and removes those that killed processes have left.

    Args:
        jobs: records of jobs, ready for JSON, by the kind of job.
    """
    for path in _FOLDER.glob("wanted-*.json"):
        match = _NAME.fullmatch(path.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            path.unlink(missing_ok=True)
    write_json(wanted_file(), {kind: list(records) for kind, records in jobs.items()})


def remove_wanted() -> None:
    """Removes the list."""
    with suppress(OSError):
        Path(wanted_file()).unlink()


def read_wanted(path: str, kind: str) -> list[dict[str, Any]]:
    """Records of all wanted jobs of a kind; empty where there is no list.

    Args:
        path: of `wanted_file`; may be empty.
        kind: of jobs.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return list(content.get(kind, []))
