"""Residual networks, those for small images and those for ImageNet."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.architecture import Architecture, NetworkSettings
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Convolution, Dense, MaxPool, MeanOfPixels, Part, Residual
from whysgd.spec.networks.residual import preactivation_network

_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}  # of ImageNet's four groups


@dataclass(frozen=True)
class ResNetShape(Architecture):
    """resnet-56: depth 6n + 2 with n blocks in each of three groups. resnet-56-4: of width 4.

    He et al. 2016, "Identity Mappings in Deep Residual Networks", for small images. Blocks activate
    first, and a projection reads what its block reads. Without normalization, with SkipInit. The
    names resnet-50, -101 and -152 are ImageNet's.
    """

    form: ClassVar[str] = (
        "resnet-DEPTH or resnet-DEPTH-WIDTH with a depth of 8, 14, ..., 44, 56, ..."
    )

    blocks_per_group: int
    width: int

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as resnet-56."""
        depth, width = _depth_and_width(name, 16)
        if depth < 8 or depth % 6 != 2 or depth in _BLOCKS:
            return None
        return cls((depth - 2) // 6, width)

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Groups of `width` channels, twice and four times as many; no biases if normalized."""
        parts = preactivation_network(
            settings,
            stem=self.width,
            width=self.width,
            blocks_per_group=self.blocks_per_group,
            projects_raw=True,
        )
        return settings.blueprint(*parts)


@dataclass(frozen=True)
class BottleneckResNetShape(Architecture):
    """resnet-50: ImageNet's, of 50 layers with kernels. resnet-50-8: of a first width of 8, not 64.

    He et al. 2016, "Deep Residual Learning for Image Recognition" (version 1): activation after the
    sum, strides in a block's first convolution. Padding is 'same' and not symmetric.
    """

    form: ClassVar[str] = "resnet-50, -101 or -152, or one of these and -WIDTH"

    depth: int
    width: int

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Such as resnet-50."""
        depth, width = _depth_and_width(name, 64)
        return cls(depth, width) if depth in _BLOCKS else None

    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """Blocks of 1 x 1, 3 x 3 and 1 x 1 convolutions without biases.

        Raises:
            ValueError: there is no normalization; without it these networks are not known to train.
        """
        if settings.ghost_batch_size is None:
            raise ValueError(f"resnet-{self.depth} needs batch normalization: no ghost batch size")
        parts: list[Part] = [
            *_convolution(settings, "stem", 7, self.width, 2),
            settings.activate(),
            MaxPool(3, 2),
        ]
        channels = self.width
        for group, blocks in enumerate(_BLOCKS[self.depth]):
            for block in range(blocks):
                filters, stride = self.width * 2**group, 2 if group > 0 and block == 0 else 1
                name, outputs = f"group{group + 1}_block{block + 1}", 4 * filters
                branch = (
                    *_convolution(settings, f"{name}/branch1", 1, filters, stride),
                    settings.activate(),
                    *_convolution(settings, f"{name}/branch2", 3, filters),
                    settings.activate(),
                    *_convolution(settings, f"{name}/branch3", 1, outputs),
                )
                shortcut: tuple[Part, ...] = ()
                if channels != outputs:
                    shortcut = _convolution(settings, f"{name}/shortcut", 1, outputs, stride)
                parts += [Residual(name, branch, shortcut), settings.activate()]
                channels = outputs
        return settings.blueprint(*parts, MeanOfPixels(), Dense("output", settings.num_classes))


def _depth_and_width(name: str, default_width: int) -> tuple[int, int]:
    """What a name says; a depth of 0 where it is not of this form."""
    match = re.fullmatch(r"resnet-(\d+)(?:-([1-9]\d*))?", name)
    return (int(match.group(1)), int(match.group(2) or default_width)) if match else (0, 0)


def _convolution(
    settings: NetworkSettings, name: str, size: int, filters: int, stride: int = 1
) -> tuple[Part, ...]:
    """A normalized convolution."""
    convolution = Convolution(name, size, filters, stride, bias=False)
    return (convolution, *settings.normalize(f"{name}_norm"))
