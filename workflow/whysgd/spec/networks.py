"""Names of networks and what they mean. The configuration is checked by this: no TensorFlow."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

_DEEPEST, _MOST_DIGITS = 10_000, 18
Activation = Literal["relu", "tanh"]


@dataclass(frozen=True)
class PerceptronShape:
    """mlp-64-64-64: the hidden widths; input and output follow from the data. linear: none."""

    widths: tuple[int, ...]


@dataclass(frozen=True)
class WideResNetShape:
    """wrn-10-1: depth 6n + 4 with n blocks in each of three groups, and the widening factor."""

    blocks_per_group: int
    widening: int


def parse_architecture(name: str) -> PerceptronShape | WideResNetShape:
    """The shape that a model's name stands for.

    Raises:
        ValueError: the name is not of a known form.
    """
    if name == "linear":
        return PerceptronShape(())
    if re.fullmatch(r"mlp(-[1-9]\d*)+", name):
        widths = name.split("-")[1:]
        _check_depth(name, len(widths))
        return PerceptronShape(tuple(_count(name, width) for width in widths))
    match = re.fullmatch(r"wrn-(\d+)-([1-9]\d*)", name)
    if match:
        depth, widening = _count(name, match.group(1)), _count(name, match.group(2))
        _check_depth(name, depth)
        if depth >= 10 and depth % 6 == 4:
            return WideResNetShape((depth - 4) // 6, widening)
    raise ValueError(
        f"unknown model {name!r}; known forms: linear, mlp-WIDTH-WIDTH... (hidden "
        "widths), wrn-DEPTH-WIDTH with a depth of 10, 16, 22, ..."
    )


def _count(name: str, digits: str) -> int:
    """A number in a model's name.

    Raises:
        ValueError: it has more digits than any width.
    """
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"model {name[:40]}...: a width or depth of {len(digits)} digits")
    return int(digits)


def _check_depth(name: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(
            f"model {name[:40]}: {depth} layers; more than {_DEEPEST} take longer to compile than "
            "anybody waits"
        )


def _known_model(name: str) -> str:
    parse_architecture(name)
    return name


ModelName = Annotated[str, AfterValidator(_known_model)]
