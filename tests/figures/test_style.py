"""Colours, markers and letters that all figures share."""

import re
from pathlib import Path

from whysgd import figures
from whysgd.figures.style import new_figure

SOURCES = Path(figures.__file__).parent


def test_every_colour_is_written_down_once():
    codes = [
        (code.upper(), path.name)
        for path in sorted(SOURCES.glob("*.py"))
        for code in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))
    ]
    assert len({code for code, _ in codes}) == len(codes)
    assert {name for _, name in codes} == {"style.py"}


def test_every_panel_has_letters_of_its_own():
    _, axes = new_figure(56, rows=2)
    titles = [panel.get_title("left") for panel in axes]
    assert titles[:2] == ["(a)", "(b)"]
    assert titles[25:28] == ["(z)", "(aa)", "(ab)"]
    assert titles[51:53] == ["(az)", "(ba)"]
    assert len(set(titles)) == 56
