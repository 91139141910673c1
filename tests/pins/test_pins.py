"""What a change of the house must not change: names of runs, and the numbers in the tables."""

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest

from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import read_settings

PINS = Path(__file__).parent
ROOT = PINS.parents[1]
PINNED = json.loads((PINS / "tables.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scale", ["tiny", "quick", "reduced", "paper"])
def test_no_run_is_renamed(scale):
    planned = plan_jobs(read_settings({"scale": scale}).scale).ensembles
    assert sorted(planned) == (PINS / f"run_ids_{scale}.txt").read_text(encoding="utf-8").split()


def instruction_sets() -> list[str]:
    """What the processor can do that float arithmetic depends on; empty where nothing tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    flags = next((line.split(":")[1].split() for line in lines if line.startswith("flags")), [])
    return sorted(flag for flag in flags if flag.startswith(("avx", "amx", "fma", "sse")))


def kept_columns(path: Path, columns: list[str]) -> bytes:
    """A table with some of its columns, written as its writer writes it, numbers untouched."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    places = [header.index(column) for column in columns]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([row[place] for place in places] for row in [header, *rows])
    return text.getvalue().encode()


def assert_not_moved(folder: Path, scale: str, table: str) -> None:
    """Compares a table with its pin; on other processors the last bits of a training differ."""
    if instruction_sets() != PINNED["instruction_sets"]:
        pytest.skip("the tables were pinned on another kind of processor")
    pinned = PINNED["tables"][scale][table]
    path = folder / "results" / scale / "tables" / f"{table}.csv"
    content = kept_columns(path, pinned["columns"])
    assert hashlib.sha256(content).hexdigest() == pinned["sha256"]


@pytest.mark.parametrize("table", PINNED["tables"]["tiny"])
def test_no_number_moves_at_scale_tiny(table, tiny_run):
    assert_not_moved(tiny_run, "tiny", table)


@pytest.mark.parametrize("table", PINNED["tables"]["quick"])
def test_no_number_moves_at_scale_quick(table):
    if not (ROOT / "results" / "quick" / "tables" / f"{table}.csv").exists():
        pytest.skip("results/quick has not been made here")
    assert_not_moved(ROOT, "quick", table)
