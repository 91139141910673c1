"""Archives of tables: what is written is what is read, and damage is named."""

import shutil
import tarfile
import zipfile

import pytest

from whysgd.base.errors import UserError
from whysgd.config.archive import COSTS, MANIFEST, PROVENANCE, SCALE, read_archive, write_archive

CONTENTS = {
    "tables/figure1.csv": b"x,y\n1,2\n",
    "tables/figure1_runs.csv": b"x,seed\n1,0\n",
    SCALE: b"description: small\n",
    PROVENANCE: b"{}\n",
    COSTS: b"figure\n",
}


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "quick-tables.zip"
    write_archive(path, "quick", CONTENTS)
    return path


def unpacked(archive):
    """The folder that unpacking makes."""
    with zipfile.ZipFile(archive) as file:
        file.extractall(archive.parent)
    return archive.with_suffix("")


def packed_again(archive):
    path = archive.with_suffix(".tar.gz")
    with tarfile.open(path, "w:gz") as file:
        file.add(unpacked(archive), arcname=".")
    return path


@pytest.mark.parametrize("form", [lambda path: path, unpacked, packed_again])
def test_every_form_reads_back(archive, form):
    found = read_archive(form(archive))
    assert found.scale_name == "quick"
    assert found.tables == ("figure1", "figure1_runs")
    assert {name: found.read(name) for name in CONTENTS} == CONTENTS
    assert found.scale() == {"description": "small"}


def test_the_same_tables_give_the_same_bytes(archive, tmp_path):
    write_archive(tmp_path / "again" / archive.name, "quick", CONTENTS)
    assert (tmp_path / "again" / archive.name).read_bytes() == archive.read_bytes()


def test_a_changed_table_is_named(archive):
    folder = unpacked(archive)
    (folder / "tables" / "figure1.csv").write_bytes(b"x,y\n1,3\n")
    found = read_archive(folder)
    assert found.read("tables/figure1_runs.csv") == CONTENTS["tables/figure1_runs.csv"]
    with pytest.raises(UserError, match=r"quick-tables: tables/figure1.csv is not the published"):
        found.read("tables/figure1.csv")


def test_a_missing_table_is_named(archive):
    folder = unpacked(archive)
    (folder / "tables" / "figure1.csv").unlink()
    with pytest.raises(UserError, match=r"quick-tables: tables/figure1.csv is missing"):
        read_archive(folder).read("tables/figure1.csv")
    with pytest.raises(UserError, match=r"tables/figure9.csv is missing"):
        read_archive(archive).read("tables/figure9.csv")


def truncated(archive):
    archive.write_bytes(archive.read_bytes()[:300])
    return archive


def flipped(archive):
    content = bytearray(archive.read_bytes())
    content[content.index(b"x,y") if b"x,y" in content else 80] ^= 255
    archive.write_bytes(content)
    return archive


def truncated_tar(archive):
    path = packed_again(archive)
    path.write_bytes(path.read_bytes()[:200])
    return path


def foreign_zip(archive):
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("tables/figure1.csv", "x\n")
    return archive


def foreign_manifest(archive):
    folder = unpacked(archive)
    (folder / MANIFEST).write_text('{"name": "an app", "icons": []}')
    return folder


def later_format(archive):
    folder = unpacked(archive)
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace("version 1", "version 2"))
    return folder


def outside(archive):
    folder = unpacked(archive)
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"quick"', '"../quick"'))
    return folder


def empty(archive):
    shutil.rmtree(archive.with_suffix(""), ignore_errors=True)
    archive.with_suffix("").mkdir()
    return archive.with_suffix("")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncated, "is damaged"),
        (flipped, "is damaged"),
        (truncated_tar, "is damaged"),
        (foreign_zip, "is no archive that `snakemake archive` makes \\(no manifest.json\\)"),
        (foreign_manifest, "is no archive .*in manifest.json: 'format'"),
        (later_format, "is no archive .*version 2"),
        (outside, "is no archive .*'../quick' is no name"),
        (empty, "is no archive .*no manifest.json"),
        (lambda path: path.with_name("other.zip"), "does not exist"),
    ],
)
def test_what_is_no_archive_is_one_line_that_names_it(archive, damage, message):
    path = damage(archive)
    with pytest.raises(UserError, match=f"^tables_from: {path} {message}"):
        read_archive(path)
