"""Names of networks and what they mean. The configuration is checked by this: no TensorFlow."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

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
        return PerceptronShape(tuple(int(width) for width in name.split("-")[1:]))
    match = re.fullmatch(r"wrn-(\d+)-([1-9]\d*)", name)
    if match:
        depth, widening = int(match.group(1)), int(match.group(2))
        if depth >= 10 and depth % 6 == 4:
            return WideResNetShape((depth - 4) // 6, widening)
    raise ValueError(
        f"unknown model {name!r}; known forms: linear, mlp-WIDTH-WIDTH... (hidden "
        "widths), wrn-DEPTH-WIDTH with a depth of 10, 16, 22, ..."
    )


def _known_model(name: str) -> str:
    parse_architecture(name)
    return name


ModelName = Annotated[str, AfterValidator(_known_model)]
