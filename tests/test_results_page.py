"""`results/README.md`: that it has all that is made there."""

import inspect
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from whysgd.base.layout import Results

ROOT = Path(__file__).resolve().parent.parent
RULES = sorted((ROOT / "rules").glob("*.smk"))
PAGE = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
OF_A_SCALE, BESIDE = PAGE.partition("\nBeside the scales:\n")[::2]


def made() -> list[str]:
    """First parts of all paths below a scale's folder that there are."""
    results = Results(Path("results"))
    paths = re.findall(r"\{FOLDER\}/([\w.]+)", "".join(path.read_text() for path in RULES))
    for name, member in vars(Results).items():
        if isinstance(member, property):
            paths.append(getattr(results, name).removeprefix("results/"))
        elif inspect.isfunction(member) and not name.startswith("_") and name != "path":
            hints = get_type_hints(member)
            kinds = get_args(hints.get("kind")) or (None,)
            for kind in kinds:
                given = {key: "x" for key, hint in hints.items() if hint is str and key != "return"}
                given |= {} if kind is None else {"kind": kind}
                for flag in (False, True) if "so_far" in hints else (None,):
                    given |= {} if flag is None else {"so_far": flag}
                    paths.append(getattr(results, name)(**given).removeprefix("results/"))
    return sorted({path.split("/")[0].replace("x-", "{scale}-") for path in paths})


@pytest.mark.parametrize("name", made())
def test_the_page_has_what_is_made_at_a_scale(name):
    assert f"`{name}" in OF_A_SCALE


def test_the_page_has_what_lies_beside_the_scales():
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    assert f"`{profile['slurm-logdir'].removeprefix('results/')}/`" in BESIDE
    for made in re.findall(r"--report results/(\S+)", (ROOT / "Makefile").read_text()):
        assert f"`{made}`" in BESIDE
