"""The list of what one call of Snakemake is going to run."""

import os
from pathlib import Path

import pytest

from whysgd.base.wanted import read_wanted, remove_wanted, wanted_file, write_wanted


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_list_is_read_by_kind():
    write_wanted({"train": [{"a": 1}, {"a": 2}], "draw": [{"b": 3}]})
    assert read_wanted(wanted_file(), "train") == [{"a": 1}, {"a": 2}]
    assert read_wanted(wanted_file(), "draw") == [{"b": 3}]
    assert read_wanted(wanted_file(), "other") == []


def test_without_a_list_nothing_is_wanted():
    assert read_wanted("", "train") == []
    assert read_wanted(wanted_file(), "train") == []
    write_wanted({"train": [{"a": 1}]})
    remove_wanted()
    assert read_wanted(wanted_file(), "train") == []
    remove_wanted()  # nor does that fail


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_lists_of_processes_that_are_gone_are_removed():
    folder = Path(wanted_file()).parent
    folder.mkdir(parents=True)
    (folder / "wanted-999999999.json").write_text("{}")
    (folder / f"wanted-{os.getppid()}.json").write_text("{}")
    write_wanted({})
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"wanted-{process}.json" for process in (os.getpid(), os.getppid())
    )
