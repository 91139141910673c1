"""`docs/reliability.md` says how many cases there are of each kind: as many as in the tables."""

import re
from pathlib import Path

from tests.hostile import (
    test_archives,
    test_arrays,
    test_checkpoints,
    test_configuration,
    test_files,
    test_surroundings,
)

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
CASES = {
    "values of a scale file": test_configuration.VALUES,
    "options of `whysgd train`": test_configuration.OPTIONS,
    "scale files": test_files.CONTENTS,
    "names of scales": test_files.SCALE_NAMES,
    "names of data sets": test_files.DATASET_NAMES,
    "paths in the configuration": test_files.PATHS,
    "files of arrays": test_arrays.FILES,
    "tables in an archive": test_archives.TABLES,
    "archives": test_archives.ARCHIVES,
    "checkpoints": test_checkpoints.CHECKPOINTS,
    "settings of matplotlib": test_surroundings.RC_SETTINGS,
}


def documented():
    """Cases by kind, as the document's table has them."""
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|", DOCUMENT.read_text(encoding="utf-8"), re.M)
    return {kind: int(count) for kind, count in rows}


def test_the_document_counts_the_cases_that_there_are():
    counts = {kind: len(cases) for kind, cases in CASES.items()}
    assert documented() == {**counts, "together": sum(counts.values())}


def test_there_are_at_least_two_hundred():
    assert documented()["together"] >= 200
