"""What is written about the theory study is so."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "theory.md"
RULES = (ROOT / "rules" / "theory.smk").read_text(encoding="utf-8")
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("theory_*.py"))


def test_the_documented_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code, names)
    errors = names["errors"]
    assert set(errors) == {"C", "C_GD", "C_SGD"}
    # "About a hundred times smaller than the other two."
    assert min(errors["C"], errors["C_GD"]) > 50 * errors["C_SGD"]
    assert min(errors["C"], errors["C_GD"]) < 200 * errors["C_SGD"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_names_the_rule_that_runs_it(script):
    before, _ = RULES.split(f"scripts/{script.name}")
    # Rules of a loop have names such as f"draw_{figure.name}": draw_theory_* begins like them.
    plain, prefix = re.findall(r'^ +rule (\w+):|name:\s+f"(\w+)\{', before, re.MULTILINE)[-1]
    docstring = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    named = docstring.split(":")[0].removeprefix("Rule ")
    assert named == plain or (prefix and named.startswith(prefix) and named.endswith("*"))
