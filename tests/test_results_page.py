"""`results/README.md`: that it has all that is made there."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
OF_A_SCALE, BESIDE = PAGE.partition("\nBeside the scales:\n")[::2]


def names_in(pattern: str, *files: str) -> list[str]:
    """First parts of the paths below a scale's folder that the code names."""
    texts = [path.read_text(encoding="utf-8") for glob in files for path in ROOT.glob(glob)]
    return sorted({name for text in texts for name in re.findall(pattern, text)})


@pytest.mark.parametrize("name", names_in(r"\{FOLDER\}/([\w.]+)", "rules/*.smk"))
def test_the_page_has_what_the_rules_make(name):
    assert f"`{name}" in OF_A_SCALE


@pytest.mark.parametrize("name", names_in(r'folder / "([\w.]+)"', "workflow/whysgd/planning/*.py"))
def test_the_page_has_what_plans_make_besides(name):
    assert f"`{name}" in OF_A_SCALE


def test_the_page_has_what_lies_beside_the_scales():
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    assert f"`{profile['slurm-logdir'].removeprefix('results/')}/`" in BESIDE
    for made in re.findall(r"--report results/(\S+)", (ROOT / "Makefile").read_text()):
        assert f"`{made}`" in BESIDE
