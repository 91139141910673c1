"""Weights by value: their shapes, what acts on them, and how they start."""

import math
from typing import Literal, NamedTuple

Initialization = Literal["he", "he_fan_out", "uniform_fan_in"] | float
"""How kernels and biases start; a number a: all of them from U(-a, a).

he: kernels from N(0, 2 / fan_in) (He et al. 2015), biases 0. he_fan_out: the same with the fan-out.
uniform_fan_in: kernels and biases from U(-a, a) with a = 1 / sqrt(fan_in).
"""


class Start(NamedTuple):
    """The distribution that a weight's initial values are drawn from."""

    kind: Literal["normal", "uniform", "constant"]
    size: float  # standard deviation around 0; bound on both sides of 0; the value itself


class Weight(NamedTuple):
    """One weight of one replica."""

    name: str
    shape: tuple[int, ...]
    decays: bool  # whether weight decay acts on it
    start: Start


class Kernels(NamedTuple):
    """Makes the kernels and biases of a network, which start by one rule."""

    initialization: Initialization

    def kernel(self, name: str, shape: tuple[int, ...], fan_in: int | None = None) -> Weight:
        """A kernel whose last axis is the outputs'; its fan-in is the product of the others."""
        fan_in = math.prod(shape[:-1]) if fan_in is None else fan_in
        match self.initialization:
            case "he":
                start = Start("normal", math.sqrt(2 / fan_in))
            case "he_fan_out":
                start = Start("normal", math.sqrt(2 / (math.prod(shape[:-2]) * shape[-1])))
            case _:
                start = self._uniform(fan_in)
        return Weight(f"{name}/kernel", shape, decays=True, start=start)

    def bias(self, name: str, units: int, fan_in: int) -> Weight:
        """The bias beside a kernel of some fan-in."""
        zeros = self.initialization in ("he", "he_fan_out")
        start = Start("constant", 0) if zeros else self._uniform(fan_in)
        return Weight(f"{name}/bias", (units,), decays=False, start=start)

    def _uniform(self, fan_in: int) -> Start:
        if isinstance(self.initialization, str):
            return Start("uniform", 1 / math.sqrt(fan_in))
        return Start("uniform", self.initialization)
