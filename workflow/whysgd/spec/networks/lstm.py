"""Language models of LSTM layers."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import LSTM, Dense, Embedding


@dataclass(frozen=True)
class LstmShape(Architecture):
    """lstm-200-200: the units of each layer; tokens are embedded in as many as the first has.

    Zaremba et al. 2014 without dropout. Of each of the window's tokens, the next one is foretold.
    """

    form: ClassVar[str] = "lstm-UNITS-UNITS..."

    units: tuple[int, ...]

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as lstm-200-200."""
        if not re.fullmatch(r"lstm(-[1-9]\d*)+", name):
            return None
        return cls(tuple(int(units) for units in name.split("-")[1:]))

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """An embedding, the layers, and as many outputs for every token as there are words.

        Raises:
            ValueError: inputs are not tokens, or a setting means nothing to this network.
        """
        if len(settings.input_shape) != 1:
            raise ValueError(f"an LSTM reads (tokens,), not {settings.input_shape}")
        if settings.activation is not None or settings.ghost_batch_size is not None:
            raise ValueError("an LSTM takes no other activation and no batch normalization")
        vocabulary = settings.num_classes
        return settings.blueprint(
            Embedding("embedding", vocabulary, self.units[0]),
            *(LSTM(f"lstm{number}", units) for number, units in enumerate(self.units, 1)),
            Dense("output", vocabulary),
        )
