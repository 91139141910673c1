"""Autoencoders."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Dense, Flatten, Part


@dataclass(frozen=True)
class AutoencoderShape(Architecture):
    """autoencoder-1000-500-250-30: the widths up to the code; the decoder is their mirror image.

    Hinton and Salakhutdinov 2006: logistic units, a linear code, outputs before the sigmoid.
    """

    form: ClassVar[str] = "autoencoder-WIDTH-WIDTH... (widths up to the code)"

    widths: tuple[int, ...]

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as autoencoder-1000-500-250-30."""
        if not re.fullmatch(r"autoencoder(-[1-9]\d*)+", name):
            return None
        return cls(tuple(int(width) for width in name.split("-")[1:]))

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Dense layers, as many outputs as inputs; hidden ones but the code are activated."""
        *hidden, code = self.widths
        outputs = math.prod(settings.input_shape)
        parts: list[Part] = [Flatten()]
        for number, units in enumerate([*hidden, code, *reversed(hidden), outputs], 1):
            parts.append(Dense(f"dense{number}", units))
            if number not in (len(self.widths), 2 * len(self.widths)):
                parts += [*settings.normalize(f"norm{number}"), settings.activate("sigmoid")]
        return settings.blueprint(*parts)
