"""Published tables that are damaged, that lie, or that are no tables."""

import gzip
import io
import json
import os
import tarfile
import zipfile

import pytest

from tests.config.test_archive import CONTENTS
from tests.hostile.lines import assert_one_line
from whysgd.config.archive import (
    COSTS,
    MANIFEST,
    PROVENANCE,
    SCALE,
    read_archive,
    write_archive,
)
from whysgd.runs.published import checked_content
from whysgd.runs.tables import MEAN_COLUMNS, RUN_COLUMNS

TABLE = "tables/figure1.csv"
ROW = {"panel": "a", "series": "C", "x_name": "learning_rate", "x": 0.5, "metric": "c_reg"}
ROW |= {"mean": 0.1, "std": 0.2, "kept": 5, "total": 7, "diverged": 0}


def csv(columns, *rows):
    lines = [",".join(columns), *(",".join(str(row[name]) for name in columns) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


GOOD = csv(MEAN_COLUMNS, ROW)
RUN_ROW = dict.fromkeys(RUN_COLUMNS, 1) | {"panel": "a", "series": "C", "x_name": "x"}

# A file of an archive, its content, whose checksum is right, and a part of the line.
TABLES = [
    (TABLE, b"", "No columns to parse"),
    (TABLE, b"\n\n\n", "No columns to parse"),
    (TABLE, csv(MEAN_COLUMNS), "no rows"),
    (TABLE, bytes(range(256)) * 20, "binary data"),
    (TABLE, b"\x89PNG\r\n\x1a\n\xff\xfe\xfd" * 50, "codec can't decode"),
    (TABLE, GOOD.decode().encode("utf-16"), "binary data"),
    (TABLE, "panel\nä\n".encode("latin-1"), "codec can't decode"),
    (TABLE, b"x,y\n1,2\n", "no column panel, series"),
    (TABLE, csv(MEAN_COLUMNS[:-1], ROW), "no column diverged"),
    (TABLE, csv(RUN_COLUMNS, RUN_ROW), "no column metric, mean"),
    (TABLE, csv(MEAN_COLUMNS, ROW | {"mean": "much"}), "column mean: 'much' is not a number"),
    (TABLE, csv(MEAN_COLUMNS, ROW | {"x": "2^-3"}), "column x: '2\\^-3' is not a number"),
    (TABLE, csv(MEAN_COLUMNS, ROW | {"kept": "5;7"}), "column kept: '5;7' is not a number"),
    (TABLE, GOOD.replace(b",", b";"), "no column panel"),
    (TABLE, GOOD + b"a,b,c,d,e,f,g,h,i,j,k,l,m,n\n", "Expected 10 fields"),
    (TABLE, b'"' + GOOD, "EOF inside string|no column|no rows"),
    (TABLE, b"<html><body>404 Not Found</body></html>\n", "no column panel"),
    (TABLE, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "no column panel"),
    ("tables/figure1_runs.csv", GOOD, "no column num_train"),
    ("tables/figure1_runs.csv", csv(RUN_COLUMNS, RUN_ROW | {"seed": "a"}), "column seed: 'a'"),
    ("tables/theory_exact.csv", b"problem,residual\na,0.1\nb,small\n", "column residual: 'small'"),
    ("tables/theory_exact.csv", b"", "No columns"),
    ("tables/theory_exact.csv", b"<html>\n<p>\n", "is no name of a column"),
    (COSTS, b"", "No columns"),
    (COSTS, b"figure,jobs\nfigure1,many\n", "column jobs: 'many'"),
    (PROVENANCE, b"", "Expecting value"),
    (PROVENANCE, b"[]", "not a provenance record"),
    (PROVENANCE, b"{}", "not a provenance record"),
    (PROVENANCE, b"\xff\xfe", "Expecting value"),
    (SCALE, b"\xff\xfe", None),
]


@pytest.mark.parametrize(("name", "content", "pattern"), TABLES)
def test_what_is_no_table_is_one_line_although_its_checksum_is_right(
    name, content, pattern, tmp_path
):
    path = tmp_path / "t-tables.zip"
    others = {**CONTENTS, TABLE: GOOD, "tables/figure1_runs.csv": b""}
    write_archive(path, "t", {**others, name: content})
    archive = read_archive(path)
    if name == SCALE:
        assert_one_line(archive.scale, "t-tables.zip: scale.yaml: line 1: not UTF-8")
    else:
        assert_one_line(
            lambda: checked_content(archive, name), f"t-tables.zip: {name}: .*({pattern})"
        )


def test_a_table_is_taken(tmp_path):
    write_archive(tmp_path / "t.zip", "t", {TABLE: GOOD})
    assert checked_content(read_archive(tmp_path / "t.zip"), TABLE) == GOOD


def tar_with(*members):
    """A tar of entries (name, kind, where a link leads or what a file holds)."""

    def make(path):
        with tarfile.open(path, "w:gz") as tar:
            for name, kind, content in members:
                info = tarfile.TarInfo(name)
                info.type = kind
                data = None
                if kind == tarfile.REGTYPE:
                    info.size, data = len(content), io.BytesIO(content)
                else:
                    info.linkname = content
                tar.addfile(info, data)

    return make


def zip_with(members, **attributes):
    def make(path):
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in members.items():
                info = zipfile.ZipInfo(name)
                for attribute, value in attributes.items():
                    setattr(info, attribute, value)
                packed.writestr(info, content)

    return make


def manifest(**changes):
    content = {"format": "whysgd tables, version 1", "scale": "t", "files": {}} | changes
    return json.dumps(content).encode()


def huge_zip(path):
    """Says of its manifest that it has 5 GB."""
    zip_with({MANIFEST: manifest()})(path)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = (5_000_000_000 % 2**32 | 0xF0000000).to_bytes(4, "little")
    path.write_bytes(content)


def huge_tar(path):
    """Says of its table that it has 3 GiB."""
    info = tarfile.TarInfo(TABLE)
    info.size = 3 << 30
    path.write_bytes(gzip.compress(info.tobuf()))


def folder_with_a_pipe(path):
    (path / "tables").mkdir(parents=True)
    (path / MANIFEST).write_bytes(manifest())
    os.mkfifo(path / TABLE)


def folder_with_a_lost_link(path):
    (path / "tables").mkdir(parents=True)
    (path / MANIFEST).write_bytes(manifest())
    (path / TABLE).symlink_to("/no/such/file")


LINK, HARD, DEVICE, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
FILE = tarfile.REGTYPE
MANIFEST_FILE = (MANIFEST, FILE, manifest())
ARCHIVES = {
    "a link in a tar": (tar_with((TABLE, LINK, "/etc/passwd")), f"{TABLE} is a link"),
    "a lost link in a tar": (tar_with((TABLE, LINK, "nowhere")), f"{TABLE} is a link"),
    "a hard link in a tar": (tar_with(MANIFEST_FILE, (TABLE, HARD, MANIFEST)), "is a link"),
    "a manifest that is a link": (tar_with((MANIFEST, LINK, "a")), "manifest.json is a link"),
    "a device in a tar": (tar_with((TABLE, DEVICE, "")), "is a link or a device"),
    "a pipe in a tar": (tar_with((TABLE, FIFO, "")), "is a link or a device"),
    "a tar without a manifest": (tar_with((TABLE, FILE, b"x")), "no manifest.json"),
    "a tar that is too large": (huge_tar, "more than 1024 MiB"),
    "a zip that is too large": (huge_zip, "more than 1024 MiB|is damaged"),
    "a link in a zip": (
        zip_with({MANIFEST: manifest(), TABLE: "/etc/passwd"}, external_attr=0o120777 << 16),
        "is a link",
    ),
    "a pipe in a folder": (folder_with_a_pipe, f"{TABLE} is not a file"),
    "a lost link in a folder": (folder_with_a_lost_link, f"{TABLE} is not a file"),
    "a pipe": (os.mkfifo, "neither a file nor a folder"),
    "nothing in it": (lambda path: path.touch(), "is damaged"),
    "text": (lambda path: path.write_text("tables"), "is damaged"),
    "a list": (zip_with({MANIFEST: b"[]"}), "is no archive"),
    "a word": (zip_with({MANIFEST: b'"tables"'}), "is no archive"),
    "no JSON": (zip_with({MANIFEST: b"{"}), "is no archive"),
    "Latin-1": (zip_with({MANIFEST: b'{"format": "\xe4"}'}), "is no archive"),
    "deep": (zip_with({MANIFEST: b"[" * 100_000}), "is no archive"),
    "no files": (zip_with({MANIFEST: manifest(files=None)}), "is no archive"),
    "files without names": (zip_with({MANIFEST: manifest(files=[[1, 2]])}), "names and checksums"),
    "checksums of numbers": (zip_with({MANIFEST: manifest(files={TABLE: 1})}), "names and check"),
    "a scale without a name": (zip_with({MANIFEST: manifest(scale="")}), "is no name"),
    "a scale with braces": (zip_with({MANIFEST: manifest(scale="{a}")}), "is no name"),
    "a scale elsewhere": (zip_with({MANIFEST: manifest(scale="../a")}), "is no name"),
    "a scale that is a number": (zip_with({MANIFEST: manifest(scale=7)}), "is no archive"),
    "another version": (zip_with({MANIFEST: manifest(format="version 9")}), "version 9"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_with_a_fault_is_one_line(kind, tmp_path):
    make, pattern = ARCHIVES[kind]
    path = tmp_path / "archive"
    make(path)
    assert_one_line(lambda: read_archive(path), f"^tables_from: {path} .*{pattern}")


def test_what_lies_outside_is_not_written(tmp_path):
    path = tmp_path / "in" / "archive"
    path.parent.mkdir()
    zip_with({MANIFEST: manifest(), "../tables/figure1.csv": b"x"})(path)
    assert read_archive(path).tables == ()
    assert [item.name for item in tmp_path.rglob("*")] == ["in", "archive"]
