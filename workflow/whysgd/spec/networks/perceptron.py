"""Perceptrons."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings, check_depth
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Dense, Flatten, Part


@dataclass(frozen=True)
class PerceptronShape(Architecture):
    """mlp-64-64-64: the hidden widths; input and output follow from the data. linear: none.

    Outputs are linear, so that on cross-entropy a linear one is (multinomial) logistic regression.
    """

    form: ClassVar[str] = "linear, mlp-WIDTH-WIDTH... (hidden widths)"

    widths: tuple[int, ...]

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as mlp-64-64-64, or linear."""
        if name == "linear":
            return cls(())
        if re.fullmatch(r"mlp(-[1-9]\d*)+", name):
            widths = name.split("-")[1:]
            check_depth(name, len(widths))
            return cls(tuple(map(int, widths)))
        return None

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Dense layers; hidden ones are normalized before their activation."""
        parts: list[Part] = [Flatten()]
        for number, width in enumerate(self.widths, 1):
            normalization = settings.normalize(f"norm{number}")
            parts += [Dense(f"dense{number}", width), *normalization, settings.activate()]
        output = Dense(f"dense{len(self.widths) + 1}", settings.num_classes)
        return settings.blueprint(*parts, output)
