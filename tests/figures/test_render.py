"""Files of figures."""

import os
import subprocess
import sys

import matplotlib as mpl
import pytest
from PIL import Image

from tests.figures.synthetic import drawing_of, table_of
from whysgd.base.errors import UserError
from whysgd.figures.render import save_figure
from whysgd.figures.style import FigureContext

FILES = ("f.pdf", "f.png")
WORDS = {"title": "a title", "subject": "a subject"}


def save(name, folder):
    figure = drawing_of(name, table_of(name), FigureContext("quick"))
    save_figure(figure, *(folder / file for file in FILES), **WORDS)


def test_saving_twice_gives_the_same_bytes(tmp_path):
    save("figure1", tmp_path / "first")
    # Another process, since names of objects in it may follow from its hash seed.
    code = (
        "import sys; from pathlib import Path; from tests.figures.test_render import save; "
        "save('figure1', Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, tmp_path / "second"], check=True, env=environment)
    for file in FILES:
        first, second = (tmp_path / turn / file for turn in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_nothing_but_the_files_is_left(tmp_path):
    save("figure3", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert b"CreationDate" not in (tmp_path / "f.pdf").read_bytes()


def test_the_files_say_what_they_are(tmp_path):
    save("figure3", tmp_path)
    with Image.open(tmp_path / "f.png") as image:
        assert image.text == {"Title": "a title", "Description": "a subject"}
    pdf = (tmp_path / "f.pdf").read_bytes()
    assert b"/Title (a title)" in pdf
    assert b"/Subject (a subject)" in pdf


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "f.png").write_text("old")
    figure = drawing_of("figure3", table_of("figure3"), FigureContext("quick"))

    def fail(path, **_):
        path.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(figure, tmp_path / "f.png", **WORDS)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f.png", "old")]


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    figure = drawing_of("figure3", table_of("figure3"), FigureContext("quick"))
    with pytest.raises(UserError, match="cannot be written"):
        save_figure(figure, tmp_path / "file" / "f.png", **WORDS)


def test_drawing_leaves_the_processes_settings_alone(tmp_path):
    before = dict(mpl.rcParams)
    save("figure2", tmp_path)
    assert dict(mpl.rcParams) == before
