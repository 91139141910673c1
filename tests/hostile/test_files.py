"""Scale files, names, folders and places to write to."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.hostile.lines import assert_one_line
from whysgd.base.files import atomic_path, check_output, write_text
from whysgd.cli import main
from whysgd.config.refusals import check_writable
from whysgd.config.settings import scale_content, scale_path
from whysgd.studies.registry import read_settings

TINY = yaml.safe_dump(scale_content(scale_path("tiny")), sort_keys=False, width=100)

# The bytes of a scale file, and a part of the line.
CONTENTS = {
    "Latin-1": (TINY.replace("smoke", "Größe").encode("latin-1"), "line 1: not UTF-8; save"),
    "Latin-1, long": (
        TINY.encode() + "# Ä\n".encode("latin-1"),
        f"line {TINY.count(chr(10)) + 1}: not UTF-8",
    ),
    "UTF-16": (TINY.encode("utf-16"), "line 1: not UTF-8"),
    "UTF-16 without a mark": (TINY.encode("utf-16-le"), "not valid YAML|not UTF-8"),
    "UTF-32": (TINY.encode("utf-32"), "not UTF-8|not valid YAML"),
    "zip": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe", "not UTF-8"),
    "gzip": (b"\x1f\x8b\x08\x00\x00", "not UTF-8"),
    "NUL": (b"a: \x00\n", "not valid YAML"),
    "empty": (b"", "must hold keys and values"),
    "a list": (b"- 1\n- 2\n", "must hold keys and values"),
    "a word": (b"tiny\n", "must hold keys and values"),
    "two documents": (b"a: 1\n---\nb: 1\n", "not valid YAML: expected a single document"),
    "a tab": (b"runs:\n\tseeds: [1]\n", "not valid YAML"),
    "an open bracket": (b"runs: {seeds: [1, 2\n", "not valid YAML"),
    "an unknown tag": (b"a: !!python/object/apply:os.system ['touch /tmp/x']\n", "not valid YAML"),
    "no such date": (b"a: 2024-13-45\n", "not valid YAML: month must be in 1..12"),
    "no integer": (b"a: !!int x\n", "not valid YAML"),
    "no float": (b"a: !!float x\n", "not valid YAML"),
    "no truth value": (b"a: !!bool x\n", "not valid YAML"),
    "no date": (b"a: !!timestamp x\n", "not valid YAML"),
    "no anchor": (b"a: *nothing\n", "not valid YAML"),
    "a list as a key": (b"[1, 2]: 3\n", "not valid YAML"),
    "deep": (b"a: " + b"[" * 5000 + b"]" * 5000, "not valid YAML|description"),
    "an alias bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (97 + n, 97 + n, b", ".join([b"*%c" % (96 + n)] * 9))
            for n in range(1, 9)
        ),
        "a: unknown key",
    ),
    "a ring": (b"runs: &a {seeds: *a}\n", "runs"),
    "long": (b"description: " + b"x" * 100_000 + b"\nruns: " + b"y" * 100_000, "runs"),
    "many digits": (b"runs: {seeds: " + b"9" * 5000 + b"}\n", "not valid YAML|runs"),
}


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_scale_file_that_cannot_be_read_is_one_line(kind, tmp_path):
    content, pattern = CONTENTS[kind]
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    assert_one_line(lambda: read_settings({"scale": str(path)}), f"mine.*{pattern}")


def test_a_scale_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert read_settings({"scale": str(path)}).scale_name == "mine"


def test_a_scale_file_that_is_no_file_is_one_line(tmp_path):
    for name, make in (("a.yaml", Path.mkdir), ("b.yaml", os.mkfifo)):
        make(tmp_path / name)
        assert_one_line(lambda name=name: read_settings({"scale": str(tmp_path / name)}), name)


# Of scale files, without .yaml.
SCALE_NAMES = [
    *("my scale", "{a}", "a{b", "a}b", "..", ".hidden", "-n", "a/../{b}", "a'b", 'a"b', "a$b"),
    *("a\nb", "a\tb", "a*", "a?b", "a:b", "a;b", "a|b", "a&b", "a#b", "x" * 101, "mine-published"),
]


@pytest.mark.parametrize("name", SCALE_NAMES)
def test_a_scale_whose_name_cannot_be_read_back_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(f"{name}.yaml")
    if "/" not in name:
        path.write_text(TINY, encoding="utf-8")
    assert_one_line(lambda: read_settings({"scale": str(path)}), "config: scale: ")


@pytest.mark.parametrize("name", ["mine", "1", "a.b", "a-b_c", "größe", "x" * 100])
def test_a_scale_of_another_name_is_taken(name, tmp_path):
    (tmp_path / f"{name}.yaml").write_text(TINY, encoding="utf-8")
    assert read_settings({"scale": str(tmp_path / f"{name}.yaml")}).scale_name == name


# Of data sets.
DATASET_NAMES = [
    *("", " ", ".", "..", "../digits", "a/b", "/tmp/a", "{dataset}", "a{b", ".a", "-a", "a b"),
    *("a\n", "a*b", "x" * 101),
]


@pytest.mark.parametrize("name", DATASET_NAMES)
def test_a_data_set_whose_file_would_be_elsewhere_is_refused(name):
    spec = {"source": "digits", "num_train": 40, "num_test": 50}
    overrides = {"datasets": {name: spec}}
    assert_one_line(lambda: read_settings({"scale": "tiny", "overrides": overrides}), "datasets: '")


# Of paths in the configuration.
PATHS = [
    ("results", "res{a}", "results: .*brace"),
    ("results", "res}", "results: .*brace"),
    ("results", "a\nb", "results: .*control"),
    ("results", "a\0b", "results: .*control"),
    ("results", 7, "results"),
    ("results", "~nobody-of-this-name/r", "no home folder is known"),
    ("tables_from", "t{x}.zip", "tables_from: .*brace"),
    ("tables_from", "no/such.zip", "does not exist"),
    ("calibration", "c{x}", "calibration: .*brace"),
    ("data_folder", "d{x}", "data_folder: .*brace"),
    ("scale", "s{x}.yaml", "scale: .*brace"),
    ("scale", "no/such.yaml", "cannot be read"),
    ("scale", "", "unknown ''"),
]


@pytest.mark.parametrize(("key", "value", "pattern"), PATHS)
def test_a_path_that_snakemake_would_misread_is_one_line(key, value, pattern):
    assert_one_line(lambda: read_settings({"scale": "tiny", key: value}), pattern)


def test_the_file_of_a_data_set_must_not_hold_braces_either():
    own = {
        "datasets": {
            "digits": {
                **{"source": "npz", "path": "a{b}.npz"},
                **{"image_shape": [8, 8, 1], "num_classes": 10},
            }
        }
    }
    assert_one_line(lambda: read_settings({"scale": "tiny", "overrides": own}), "digits: .*brace")


def dangling(folder):
    (folder / "results").symlink_to(folder / "gone")


def dangling_above(folder):
    (folder / "results").symlink_to(folder / "gone")
    return "results/below"


def ring(folder):
    (folder / "results").symlink_to("results")


def file(folder):
    (folder / "results").touch()


def pipe(folder):
    os.mkfifo(folder / "results")


@pytest.mark.parametrize("make", [dangling, dangling_above, ring, file, pipe])
def test_a_results_folder_that_is_none_is_one_line_at_the_start(make, tmp_path):
    name = make(tmp_path) or "results"
    settings = read_settings({"scale": "tiny", "results": str(tmp_path / name)})
    assert_one_line(lambda: check_writable(settings), f"config: results: {tmp_path}/results")


# What must not be replaced by a file.
def a_device(folder):
    return Path("/dev/full")


def a_pipe(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def a_socket(folder):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s"))
    return folder / "s"


def a_folder(folder):
    (folder / "folder").mkdir()
    return folder / "folder"


def a_link_to_a_device(folder):
    (folder / "link").symlink_to("/dev/null")
    return folder / "link"


def a_link_to_itself(folder):
    (folder / "link").symlink_to("link")
    return folder / "link"


@pytest.mark.parametrize(
    "make", [a_device, a_pipe, a_socket, a_folder, a_link_to_a_device, a_link_to_itself]
)
def test_nothing_of_the_users_is_replaced_by_a_file(make, tmp_path):
    path = make(tmp_path)
    before, there = path.lstat(), sorted(tmp_path.iterdir())
    assert_one_line(lambda: check_output(path), str(path))
    assert_one_line(lambda: write_text(path, "text"), str(path))
    options = ["train", "--scale", "tiny", "--experiment", "small_rate", "--output", str(path)]
    assert main(options) == 1
    after = path.lstat()
    kept = [(item.st_mode, item.st_ino, item.st_rdev) for item in (before, after)]
    assert kept[0] == kept[1]
    assert sorted(tmp_path.iterdir()) == there


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "below").mkdir()
    target, link = tmp_path / "below" / "target.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "new")  # the target is not there yet
    assert link.is_symlink()
    write_text(link, "newer")
    assert link.is_symlink()
    assert target.read_text() == "newer"
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["below", "link.txt", "target.txt"]


def test_a_block_that_fails_leaves_a_link_and_its_target(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)

    def fail():
        with atomic_path(link) as temporary:
            temporary.write_text("half")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert (link.is_symlink(), target.read_text()) == (True, "old")


@pytest.mark.parametrize("command", [["status", "--config", "scale=tiny"], ["schema"]])
def test_a_reader_that_has_seen_enough_ends_a_command_quietly(command, tmp_path):
    read, write = os.pipe()
    os.close(read)
    program = [sys.executable, "-m", "whysgd", *command]
    done = subprocess.run(program, stdout=write, stderr=subprocess.PIPE, cwd=tmp_path)
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == 141  # as of a process that SIGPIPE has ended


def test_a_full_standard_output_is_one_line(tmp_path):
    with Path("/dev/full").open("wb") as full:
        program = [sys.executable, "-m", "whysgd", "schema"]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path)
    assert done.stderr == b"error: standard output cannot be written to (No space left on device)\n"
    assert done.returncode == 1
