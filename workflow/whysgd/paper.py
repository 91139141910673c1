"""What the papers report, each value with how we know it."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from whysgd.settings import CONFIG_DIR, read_yaml, validated
from whysgd.spec import Frozen

PAPER_FILE = CONFIG_DIR / "paper.yaml"


class PaperValue(Frozen):
    """A setting or a result of a paper."""

    value: float | str
    provenance: Literal["stated", "derived", "recalled", "proposed"] = Field(
        description="stated in the text; derived from it; recalled and not verified; our proposal "
        "where nothing is known"
    )
    source: str = Field(description="where it stands, or how it follows")


class _PaperFile(Frozen):
    groups: dict[str, dict[str, PaperValue]]


def load_paper_values(path: str | Path = PAPER_FILE) -> dict[str, PaperValue]:
    """Values by "group.name", such as "figure1b.optimal_learning_rate".

    Raises:
        UserError: the file is missing or a value lacks something, naming it.
    """
    content = validated(_PaperFile, {"groups": read_yaml(Path(path))}, str(path))
    return {
        f"{group}.{name}": value
        for group, values in content.groups.items()
        for name, value in values.items()
    }
