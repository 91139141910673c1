"""What is written about the theory study is so."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "theory.md"


def test_the_documented_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code, names)
    errors = names["errors"]
    assert set(errors) == {"C", "C_GD", "C_SGD"}
    # "About a hundred times smaller than the other two."
    assert min(errors["C"], errors["C_GD"]) > 50 * errors["C_SGD"]
    assert min(errors["C"], errors["C_GD"]) < 200 * errors["C_SGD"]
