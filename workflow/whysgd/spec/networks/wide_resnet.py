"""Wide-ResNets."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings, check_depth
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.residual import preactivation_network


@dataclass(frozen=True)
class WideResNetShape(Architecture):
    """wrn-10-1: depth 6n + 4 with n blocks in each of three groups, and the widening factor.

    Zagoruyko and Komodakis 2016. The depth counts the convolutions of the blocks, the stem, two
    projections and the output. Without normalization, with SkipInit.
    """

    form: ClassVar[str] = "wrn-DEPTH-WIDTH with a depth of 10, 16, 22, ..."
    has_base_width: ClassVar[bool] = True

    blocks_per_group: int
    widening: int

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as wrn-16-4."""
        match = re.fullmatch(r"wrn-(\d+)-([1-9]\d*)", name)
        if match is None:
            return None
        depth, widening = int(match.group(1)), int(match.group(2))
        check_depth(name, depth)
        return cls((depth - 4) // 6, widening) if depth >= 10 and depth % 6 == 4 else None

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Its groups have `base_width * widening` channels, twice and four times as many."""
        parts = preactivation_network(
            settings,
            stem=settings.base_width,
            width=settings.base_width * self.widening,
            blocks_per_group=self.blocks_per_group,
        )
        return settings.blueprint(*parts)
