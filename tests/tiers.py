"""Which tests run when, and which of them run in one process.

Three tiers: what is marked neither `workflow` nor `nightly` does without Snakemake, and is done in
minutes; `workflow` starts Snakemake; `nightly` is rare and slow, and runs only where it is asked
for: all of it, or one part of several.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
COMPILING = ("benchmarks", "models", "theory", "training")
PARTS = 7  # one for each day of the week
SHARED_RUNS = ("tiny_run", "figure2_run", "undisturbed_run")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is asked for beyond the tests that always run."""
    parser.addoption(
        "--nightly",
        choices=["none", "all", *map(str, range(1, PARTS + 1))],
        default="none",
        help=f"run nightly tests, too: all, or one of {PARTS} parts",
    )
    parser.addoption(
        "--kill-points", type=int, default=3, help="random moments at which a run is killed"
    )
    parser.addoption("--slurm", action="store_true", help="run the tests on SLURM, too")


@pytest.hookimpl(tryfirst=True)  # before pytest selects by markers
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks, selects, groups and orders the tests."""
    for item in items:
        if not {*SHARED_RUNS}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.workflow)
    select_nightly(config, items)
    # What takes long comes first, so that no process waits for another at the end.
    items.sort(key=place)
    for item in items:
        # A file's tests share fixtures and compiled functions, which each process has to make.
        # Runs of the workflow share what `tests.shared_runs` makes, whichever process that does.
        if not any(map(item.get_closest_marker, ("workflow", "xdist_group"))):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(TESTS))))


def place(item: pytest.Item) -> int:
    """Where a test comes: on SLURM, of the workflow, of what is compiled, others."""
    folder = item.path.relative_to(TESTS).parts[0]
    if item.get_closest_marker("workflow") is not None:
        return 0 if folder == "slurm" else 1
    return 2 if folder in COMPILING else 3


def select_nightly(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes out the nightly tests that are not asked for."""
    asked = config.getoption("--nightly")
    nightly = [item for item in items if item.get_closest_marker("nightly") is not None]
    left_out = {
        item
        for number, item in enumerate(nightly, start=1)
        if asked == "none" or (asked != "all" and number % PARTS != int(asked) % PARTS)
    }
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
