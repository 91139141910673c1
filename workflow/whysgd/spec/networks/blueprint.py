"""A network by value: its parts in order, and what is read off them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from whysgd.spec.networks.parts import (
    LSTM,
    Dense,
    Normalization,
    Part,
    Residual,
    Shape,
    Work,
    output_of,
)
from whysgd.spec.networks.weights import Initialization, Kernels, Weight


@dataclass(frozen=True)
class Blueprint:
    """The parts of a network, from the inputs to the outputs.

    All that is said of a network anywhere follows from this: its layers, weights and costs.
    Weights, and what is drawn for them, come in the order of the parts, in a residual block those
    of the branch before those of the shortcut.
    """

    input_shape: Shape  # of one example
    parts: tuple[Part, ...]
    initialization: Initialization

    @property
    def output_shape(self) -> Shape:
        """Of the outputs for one example."""
        return output_of(self.parts, self.input_shape)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Of one replica."""
        kernels = Kernels(self.initialization)
        return tuple(w for part, shape in self._leaves() for w in part.weights(shape, kernels))

    @property
    def last_weight(self) -> int:
        """Number of the smallest weight of the first part: the pass backward comes to it last."""
        kernels = Kernels(self.initialization)
        of_parts = (part.weights(shape, kernels) for part, shape in self._leaves())
        sizes = [math.prod(weight.shape) for weight in next(filter(None, of_parts))]
        return sizes.index(min(sizes))

    @property
    def num_parameters(self) -> int:
        """Numbers in all weights."""
        return sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def moments(self) -> tuple[Shape, ...]:
        """Shape (2, channels) of the mean and the mean of squares at every normalization."""
        return tuple(
            (2, shape[-1]) for part, shape in self._leaves() if isinstance(part, Normalization)
        )

    @property
    def carry(self) -> tuple[int, ...]:
        """Units of every state that is carried on: each LSTM layer's output, then its cells."""
        return tuple(part.units for part in self.parts if isinstance(part, LSTM) for _ in range(2))

    @property
    def works(self) -> tuple[Work, ...]:
        """What parts cost, of those that are worth counting."""
        found = (part.work(shape) for part, shape in self._leaves())
        return tuple(work for work in found if work is not None)

    @property
    def is_dense(self) -> bool:
        """Whether no weights are others than dense layers'."""
        kernels = Kernels(self.initialization)
        weighted = (part for part, shape in self._leaves() if part.weights(shape, kernels))
        return all(isinstance(part, Dense) for part in weighted)

    def _leaves(self) -> Iterator[tuple[Part, Shape]]:
        """All parts but residual blocks, which are entered, and the shape each works on."""
        return _leaves(self.parts, self.input_shape)


def _leaves(parts: tuple[Part, ...], shape: Shape) -> Iterator[tuple[Part, Shape]]:
    for part in parts:
        if isinstance(part, Residual):
            inside = output_of(part.before, shape)
            yield from _leaves(part.before, shape)
            yield from _leaves(part.branch, inside)
            yield from _leaves(part.shortcut, inside)
        else:
            yield part, shape
        shape = part.output(shape)
