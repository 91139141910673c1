"""The families of networks that the configuration knows by name: those that the trainer can train.

It classifies images and evaluates networks that are not normalized. What else there is, for those
who build networks themselves, is in `whysgd.spec.networks.library`.
"""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from whysgd.spec.networks.architecture import Architecture
from whysgd.spec.networks.perceptron import PerceptronShape
from whysgd.spec.networks.wide_resnet import WideResNetShape

_MOST_DIGITS = 18  # of a width; more are beyond any memory, and slow to read
# Named one by one, since what a training job depends on is read off import statements.
TRAINED: tuple[type[Architecture], ...] = (PerceptronShape, WideResNetShape)


def parse_architecture(name: str, families: Sequence[type[Architecture]] = TRAINED) -> Architecture:
    """The architecture that a model's name stands for.

    Raises:
        ValueError: the name is not of a known form, or no network can be so deep or so wide.
    """
    longest = max(map(len, re.findall(r"\d+", name)), default=0)
    if longest > _MOST_DIGITS:
        raise ValueError(f"model {name[:40]}...: a width or depth of {longest} digits")
    for family in families:
        if architecture := family.parse(name):
            return architecture
    forms = ", ".join(family.form for family in families)
    raise ValueError(f"unknown model {name!r}; known forms: {forms}")


def _known_model(name: str) -> str:
    parse_architecture(name)
    return name


ModelName = Annotated[str, AfterValidator(_known_model)]
