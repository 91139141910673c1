"""Keys of jobs, and digests of files that people write."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from whysgd.base import keys
from whysgd.base.errors import UserError
from whysgd.base.keys import FileDigests, job_key

PARTS = {"code": "c", "settings": {"a": 1, "b": [2.5]}, "files": ["f", "g"], "reads": ["r"]}


def test_a_key_is_the_same_for_the_same_parts():
    assert job_key(**PARTS) == job_key(**{**PARTS, "settings": {"b": [2.5], "a": 1}})


@pytest.mark.parametrize(
    "change",
    [
        {"code": "d"},
        {"settings": {"a": 1, "b": [2.25]}},
        {"files": ["f"]},
        {"files": ["g", "f"]},
        {"files": ["f"], "reads": ["g", "r"]},
        {"reads": []},
    ],
)
def test_every_part_is_in_the_key(change):
    assert job_key(**{**PARTS, **change}) != job_key(**PARTS)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file large enough for its digest to be remembered, changed long enough ago."""
    path = tmp_path / "own.npz"
    path.write_bytes(b"\1" * keys._LARGE)
    time.sleep(0.01)
    return path


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the large files that are read from now on."""
    found: list[str] = []
    digest = hashlib.file_digest

    def recorded(file, name):
        found.append(Path(file.name).name)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", recorded)
    monkeypatch.setattr(keys, "_SETTLED_NS", 0)
    return found


def test_a_large_file_is_read_once(large: Path, read_files: list[str], tmp_path: Path):
    expected = hashlib.sha256(large.read_bytes()).hexdigest()
    memory = tmp_path / "kept" / "digests.json"
    assert [FileDigests(memory).of(large) for _ in range(3)] == [expected] * 3
    assert read_files == ["own.npz"]


def test_new_content_of_the_same_size_and_time_is_seen(
    large: Path, read_files: list[str], tmp_path: Path
):
    memory = tmp_path / "digests.json"
    before, state = FileDigests(memory).of(large), large.stat()
    with large.open("r+b") as file:  # the same file on the disk
        file.write(b"\2")
    os.utime(large, ns=(state.st_atime_ns, state.st_mtime_ns))
    after = large.stat()
    assert (after.st_size, after.st_ino, after.st_mtime_ns) == (
        state.st_size,
        state.st_ino,
        state.st_mtime_ns,
    )
    assert FileDigests(memory).of(large) != before
    assert len(read_files) == 2


def test_what_was_written_a_moment_ago_is_read_again(large: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(keys, "_SETTLED_NS", 60_000_000_000)
    FileDigests(tmp_path / "digests.json").of(large)
    assert not (tmp_path / "digests.json").exists()


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"a": ', "7"])
def test_a_damaged_memory_is_forgotten(content: str, large: Path, read_files, tmp_path: Path):
    memory = tmp_path / "digests.json"
    memory.write_text(content)
    assert FileDigests(memory).of(large) == hashlib.sha256(large.read_bytes()).hexdigest()
    assert list(json.loads(memory.read_text())) == [str(large)]


def test_a_memory_that_cannot_be_written_is_done_without(large: Path, read_files, tmp_path: Path):
    (tmp_path / "file").write_text("")
    digests = FileDigests(tmp_path / "file" / "digests.json")
    assert digests.of(large) == hashlib.sha256(large.read_bytes()).hexdigest()


def test_a_small_file_is_read_every_time(tmp_path: Path):
    path, digests = tmp_path / "claims.yaml", FileDigests(tmp_path / "digests.json")
    path.write_text("a")
    first = digests.of(path)
    path.write_text("b")
    assert digests.of(path) != first
    assert not (tmp_path / "digests.json").exists()


def test_a_file_that_is_missing_is_told_in_one_line(tmp_path: Path):
    with pytest.raises(UserError, match=r"none.npz: cannot be read \(No such file"):
        FileDigests(tmp_path / "digests.json").of(tmp_path / "none.npz")
