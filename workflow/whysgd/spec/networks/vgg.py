"""VGG networks."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Convolution, Dense, Flatten, MaxPool, Part, output_of

# Convolutions between two poolings, by depth: configurations A, B, D and E.
_CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
_MULTIPLES = (1, 2, 4, 8, 8)  # of the first width


@dataclass(frozen=True)
class VggShape(Architecture):
    """vgg-11: 11 layers with kernels. vgg-11-16: the same with a first width of 16 and not 64.

    Simonyan and Zisserman 2015, with dense layers of the size of small images as their users have
    them: 512-512-10 for ten classes of 32 x 32 pixels, 1024-512-200 for 200 of 64 x 64.
    """

    form: ClassVar[str] = "vgg-11, -13, -16 or -19, or vgg-DEPTH-WIDTH"

    depth: int
    width: int

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as vgg-11."""
        match = re.fullmatch(r"vgg-(\d+)(?:-([1-9]\d*))?", name)
        if match is None or int(match.group(1)) not in _CONVOLUTIONS:
            return None
        return cls(int(match.group(1)), int(match.group(2) or 64))

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Five groups of convolutions, then two hidden dense layers; only the former normalized."""
        parts: list[Part] = []
        for group, count in enumerate(_CONVOLUTIONS[self.depth], 1):
            for number in range(1, count + 1):
                filters = self.width * _MULTIPLES[group - 1]
                parts += [
                    Convolution(f"conv{group}_{number}", 3, filters),
                    *settings.normalize(f"norm{group}_{number}"),
                    settings.activate(),
                ]
            parts.append(MaxPool(2, 2))
        parts.append(Flatten())
        (features,) = output_of(tuple(parts), settings.input_shape)
        for number, units in enumerate((min(features, 16 * self.width), 8 * self.width), 1):
            parts += [Dense(f"dense{number}", units), settings.activate()]
        return settings.blueprint(*parts, Dense("dense3", settings.num_classes))
