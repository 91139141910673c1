"""Residual blocks that activate before they convolve, in groups at falling resolution.

He et al. 2016, "Identity Mappings in Deep Residual Networks". Without normalization, SkipInit:
one trainable scalar, 0 at the start, at the end of each branch (De and Smith 2020).
"""

from collections.abc import Iterator

from whysgd.spec.networks.architecture import NetworkSettings
from whysgd.spec.networks.parts import (
    Convolution,
    Dense,
    MeanOfPixels,
    Part,
    Residual,
    Scale,
)


def preactivation_network(
    settings: NetworkSettings,
    *,
    stem: int,
    width: int,
    blocks_per_group: int,
    projects_raw: bool = False,
) -> Iterator[Part]:
    """A stem, three groups of blocks, mean over pixels and a linear output.

    Args:
        settings: what else there is to know.
        stem: channels of the first convolution.
        width: channels of the first group; each has twice the width of the one before, at half
            the resolution.
        blocks_per_group: blocks of two convolutions each.
        projects_raw: whether a projection reads the block's input itself, as an identity does, or
            what the branch's first convolution reads.
    """
    bias = settings.ghost_batch_size is None  # a shift takes its place
    yield Convolution("stem", 3, stem, bias=bias)
    channels = stem
    for group in range(3):
        for block in range(blocks_per_group):
            filters, stride = width * 2**group, 2 if group > 0 and block == 0 else 1
            name = f"group{group + 1}_block{block + 1}"
            before = (*settings.normalize(f"{name}/norm1"), settings.activate())
            branch = (
                Convolution(f"{name}/branch1", 3, filters, stride, bias),
                *settings.normalize(f"{name}/norm2"),
                settings.activate(),
                Convolution(f"{name}/branch2", 3, filters, bias=bias),
                *([Scale(f"{name}/scale")] if settings.ghost_batch_size is None else []),
            )
            if channels == filters and stride == 1:
                yield Residual(name, (*before, *branch))
            else:
                projection = (Convolution(f"{name}/shortcut", 1, filters, stride, bias),)
                if projects_raw:
                    yield Residual(name, (*before, *branch), projection)
                else:
                    yield Residual(name, branch, projection, before)
            channels = filters
    yield from (*settings.normalize("norm"), settings.activate(), MeanOfPixels())
    yield Dense("output", settings.num_classes)
