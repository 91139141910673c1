"""The scripts of rules: thin, and named after the rules that run them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
RULES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("*.smk")}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_names_the_rule_that_runs_it(script):
    (text,) = (text for text in RULES.values() if f"scripts/{script.name}" in text)
    before, _ = text.split(f"scripts/{script.name}")
    # Rules of a loop have names such as f"draw_{figure.name}".
    plain, prefix = re.findall(r'^ *rule (\w+):|name:\s+f"(\w+)\{', before, re.MULTILINE)[-1]
    docstring = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert docstring.split(":")[0] == (f"Rule {plain}" if plain else f"Rules {prefix}*")
