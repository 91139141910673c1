"""Parts of networks by value. Each tells what it makes of one example of a given shape.

Shapes are (features,), (height, width, channels), (tokens,) or (tokens, features). Padding is
'same' throughout: a stride s makes ceil(n / s) of n pixels.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from whysgd.spec.networks.weights import Kernels, Start, Weight

Shape = tuple[int, ...]
Activation = Literal["relu", "tanh", "sigmoid"]


class Work(NamedTuple):
    """What a part that is worth counting costs."""

    parameters: int
    operations: int  # of its outputs for one example: 2 for each weight wherever it is applied
    outputs: int  # numbers that it makes of one example


class Part:
    """A part that keeps the shape, has no weights and costs next to nothing."""

    def output(self, shape: Shape) -> Shape:
        """What the part makes of one example of some shape.

        Raises:
            ValueError: it cannot work on such an example.
        """
        return shape

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """Its weights where examples have some shape, in the order of all lists of parameters."""
        return ()

    def work(self, shape: Shape) -> Work | None:
        """What it costs where examples have some shape; None: too little to count."""
        return None


@dataclass(frozen=True)
class Dense(Part):
    """A dense layer on features, or on those of each token."""

    name: str
    units: int

    def output(self, shape: Shape) -> Shape:
        """As many features as units."""
        if len(shape) == 3:
            raise ValueError(f"{self.name}: a dense layer on pixels; flatten or average them first")
        return (*shape[:-1], self.units)

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """Kernel (inputs, units), bias (units,)."""
        inputs = shape[-1]
        return (
            kernels.kernel(self.name, (inputs, self.units)),
            kernels.bias(self.name, self.units, inputs),
        )

    def work(self, shape: Shape) -> Work:
        """A product for each token."""
        inputs, times = shape[-1], math.prod(shape[:-1])
        return Work((inputs + 1) * self.units, 2 * inputs * self.units * times, self.units * times)


@dataclass(frozen=True)
class Convolution(Part):
    """A square convolution."""

    name: str
    size: int
    filters: int
    stride: int = 1
    bias: bool = True

    def output(self, shape: Shape) -> Shape:
        """As many channels as filters, at fewer pixels where there is a stride."""
        return (*_strided(shape, self.stride), self.filters)

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """Kernel (size, size, inputs, filters), bias (filters,)."""
        fan_in = self.size**2 * shape[-1]
        kernel = kernels.kernel(self.name, (self.size, self.size, shape[-1], self.filters))
        return (kernel, kernels.bias(self.name, self.filters, fan_in)) if self.bias else (kernel,)

    def work(self, shape: Shape) -> Work:
        """A product for each pixel that is written."""
        pixels, weights = math.prod(self.output(shape)[:2]), self.size**2 * shape[-1] * self.filters
        parameters = weights + self.filters if self.bias else weights
        return Work(parameters, 2 * weights * pixels, self.filters * pixels)


@dataclass(frozen=True)
class Scale(Part):
    """One trainable factor, 0 at the start: SkipInit's scalar."""

    name: str

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """The factor, a number."""
        return (Weight(f"{self.name}/factor", (), decays=False, start=Start("constant", 0)),)


@dataclass(frozen=True)
class Normalization(Part):
    """Batch normalization by ghost batches, with a trainable scale and shift of each channel."""

    name: str
    ghost_batch_size: int

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """Scale (channels,), 1 at the start, and shift (channels,), 0."""
        return tuple(
            Weight(f"{self.name}/{part}", shape[-1:], decays=False, start=Start("constant", start))
            for part, start in (("scale", 1), ("shift", 0))
        )

    def work(self, shape: Shape) -> Work:
        """No product, but outputs that are kept."""
        return Work(2 * shape[-1], 0, math.prod(shape))


@dataclass(frozen=True)
class Activate(Part):
    """A function of every number by itself."""

    kind: Activation


@dataclass(frozen=True)
class Flatten(Part):
    """Pixels and channels become features."""

    def output(self, shape: Shape) -> Shape:
        """All numbers in one row."""
        return (math.prod(shape),)


@dataclass(frozen=True)
class MeanOfPixels(Part):
    """Channels become features, each the mean over its pixels."""

    def output(self, shape: Shape) -> Shape:
        """As many features as channels."""
        return shape[-1:]


@dataclass(frozen=True)
class MaxPool(Part):
    """The largest of a square of pixels, for each channel."""

    size: int
    stride: int

    def output(self, shape: Shape) -> Shape:
        """The same channels at fewer pixels."""
        return (*_strided(shape, self.stride), shape[-1])


@dataclass(frozen=True)
class Embedding(Part):
    """A row of a table for each token."""

    name: str
    vocabulary: int
    units: int

    def output(self, shape: Shape) -> Shape:
        """(tokens,) -> (tokens, units)."""
        return (*shape, self.units)

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """The table (vocabulary, units), whose rows have about unit length under `he`."""
        return (kernels.kernel(self.name, (self.vocabulary, self.units), fan_in=self.units),)

    def work(self, shape: Shape) -> Work:
        """No product, but a table."""
        return Work(self.vocabulary * self.units, 0, math.prod(shape) * self.units)


@dataclass(frozen=True)
class LSTM(Part):
    """A layer of long short-term memory over the tokens, whose state is carried on."""

    name: str
    units: int

    def output(self, shape: Shape) -> Shape:
        """(tokens, features) -> (tokens, units)."""
        return (shape[0], self.units)

    def weights(self, shape: Shape, kernels: Kernels) -> tuple[Weight, ...]:
        """Kernel (inputs + units, 4 units) and bias (4 units,) of the four gates."""
        inputs = shape[-1] + self.units
        return (
            kernels.kernel(self.name, (inputs, 4 * self.units)),
            kernels.bias(self.name, 4 * self.units, inputs),
        )

    def work(self, shape: Shape) -> Work:
        """One product for each token, which gives four gates."""
        tokens, inputs, outputs = shape[0], shape[-1] + self.units, 4 * self.units
        return Work((inputs + 1) * outputs, 2 * inputs * outputs * tokens, outputs * tokens)


@dataclass(frozen=True)
class Residual(Part):
    """The sum of a branch and a shortcut; an empty shortcut is the identity."""

    name: str
    branch: tuple[Part, ...]
    shortcut: tuple[Part, ...] = ()
    before: tuple[Part, ...] = ()  # whose outputs both read

    def output(self, shape: Shape) -> Shape:
        """What both make."""
        shape = output_of(self.before, shape)
        one, other = output_of(self.branch, shape), output_of(self.shortcut, shape)
        if one != other:
            raise ValueError(
                f"{self.name}: the branch makes {one} of {shape}, the shortcut {other}"
            )
        return one


def output_of(parts: tuple[Part, ...], shape: Shape) -> Shape:
    """What parts, one after the other, make of one example."""
    for part in parts:
        shape = part.output(shape)
    return shape


def _strided(shape: Shape, stride: int) -> tuple[int, int]:
    if len(shape) != 3:
        raise ValueError(f"pixels are (height, width, channels), not {shape}")
    height, width, _ = shape
    return -(-height // stride), -(-width // stride)
