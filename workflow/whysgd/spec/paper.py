"""What the papers report, each value with how we know it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from whysgd.base.powers import parse_numbers
from whysgd.base.record import Frozen
from whysgd.config.files import read_yaml, validated


def _parse_value(value: Any) -> float | tuple[float, ...] | str:
    """A number, several of them, or text where it is neither."""
    try:
        numbers = parse_numbers(value)
    except ValueError:
        if isinstance(value, str):
            return value
        raise
    return numbers if isinstance(value, list) or len(numbers) > 1 else numbers[0]


class PaperValue(Frozen):
    """A setting or a result of a paper."""

    value: Annotated[float | tuple[float, ...] | str, BeforeValidator(_parse_value)] = Field(
        description='a number or a power such as "2^-6", a list or a range of them, or words'
    )
    provenance: Literal["stated", "derived", "recalled", "proposed"] = Field(
        description="stated in the text; derived from it; recalled and not verified; our proposal "
        "where nothing is known"
    )
    source: str = Field(min_length=1, description="where it stands, or how it follows")


class _PaperFile(Frozen):
    groups: dict[str, dict[str, PaperValue]]


def load_paper_values(path: str | Path) -> dict[str, PaperValue]:
    """Reads the values of a paper by "group.name", such as "figure1b.optimal_learning_rate".

    Args:
        path: the file `paper.yaml` of a study.

    Raises:
        UserError: the file is missing or a value lacks something, naming it.
    """
    content = validated(_PaperFile, {"groups": read_yaml(Path(path))}, str(path))
    return {
        f"{group}.{name}": value
        for group, values in content.groups.items()
        for name, value in values.items()
    }
