"""What a snapshot of a job may be, which is known before any is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whysgd.base.npz import Header


@dataclass(frozen=True)
class Extent:
    """Shapes and counts that every snapshot of one job has.

    Attributes:
        blocks: for each block of members the headers of its arrays, as in `Snapshot.blocks`.
        members: rows of one evaluation.
        evaluation_minibatches: numbers of minibatches after which there is an evaluation.
    """

    blocks: tuple[tuple[Header, ...], ...]
    members: int
    evaluation_minibatches: Sequence[int]

    def check(self, minibatches: int, evaluations: int, num_blocks: int) -> None:
        """Refuses counts that no snapshot of the job has.

        Raises:
            ValueError: naming the count.
        """
        stops = self.evaluation_minibatches
        if num_blocks != len(self.blocks):
            raise ValueError(f"{num_blocks} blocks, and the job has {len(self.blocks)}")
        if not 0 <= minibatches <= stops[-1]:
            raise ValueError(f"{minibatches} minibatches, and the job has {stops[-1]}")
        if not 0 <= evaluations <= len(stops):
            raise ValueError(f"{evaluations} evaluations, and the job has {len(stops)}")
        before = stops[evaluations - 1] if evaluations else 0
        after = stops[evaluations] if evaluations < len(stops) else stops[-1]
        if not before <= minibatches <= after:
            raise ValueError(f"{evaluations} evaluations after {minibatches} minibatches")


def extent_of(
    blocks: Iterable[Sequence[NDArray[np.generic]]],
    members: int,
    evaluation_minibatches: Sequence[int],
) -> Extent:
    """Tells the extent of a job whose blocks are as the given ones."""
    headers = tuple(tuple(Header(array.shape, array.dtype) for array in block) for block in blocks)
    return Extent(headers, members, evaluation_minibatches)
