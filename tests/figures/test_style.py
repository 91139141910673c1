"""Colours, markers and letters that all figures share."""

import re
from pathlib import Path

from whysgd import figures

SOURCES = Path(figures.__file__).parent


def test_every_colour_is_written_down_once():
    codes = [
        (code.upper(), path.name)
        for path in sorted(SOURCES.glob("*.py"))
        for code in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))
    ]
    assert len({code for code, _ in codes}) == len(codes)
    assert {name for _, name in codes} == {"style.py"}
