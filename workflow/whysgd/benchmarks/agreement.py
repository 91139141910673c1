"""Whether two contestants computed the same numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whysgd.benchmarks.problem import Array

# Shares of how far the parameters moved. Sums in another order make 1e-6. Where an activation is
# within rounding of 0, a ReLU lets it pass in one contestant and not in the other: one among a
# million a pass of a convolutional network, which then makes some 1e-3 of the whole movement,
# and more of a parameter that hardly moves; 8e-3 was seen after 8 updates of 12,288 units. A wrong
# factor or term makes a tenth and more.
OF_A_MEMBER = 2e-2
OF_A_PARAMETER = 5e-2
# And of the parameters themselves at each update: half a unit in the last place.
ROUNDING = 2.0**-24


class DisagreementError(Exception):
    """A contestant does not compute what ours does; its speed means nothing."""


@dataclass(frozen=True)
class Disagreement:
    """The largest difference as a share of what is allowed, and where it is."""

    share: float
    where: str


def disagreement(
    names: Sequence[str],
    initial: Sequence[Array],
    reference: Sequence[Array],
    found: Sequence[Array],
    num_updates: int,
) -> Disagreement:
    """Compares two trainings from the same start.

    Each member is compared over all its parameters together, and each parameter over all members.

    Args:
        names: of the parameters.
        initial: arrays (R, *shape) before training.
        reference: the same after it, by the contestant that the other is measured against.
        found: the same by the other one.
        num_updates: how many both took.

    Returns:
        The worst; infinite where something is not finite or of another shape.
    """
    for name, ours, theirs in zip(names, reference, found, strict=True):
        if ours.shape != theirs.shape:
            return Disagreement(math.inf, name)
    moved = _squared([ours - start for ours, start in zip(reference, initial, strict=True)])
    errors = _squared([theirs - ours for theirs, ours in zip(found, reference, strict=True)])
    sizes = _squared(reference)
    shares: dict[str, float] = {}
    for axis, limit, places in (
        (0, OF_A_MEMBER, [f"member {number}" for number in range(moved.shape[1])]),
        (1, OF_A_PARAMETER, list(names)),
    ):
        error, movement, size = (np.sqrt(squares.sum(axis)) for squares in (errors, moved, sizes))
        allowed = limit * movement + num_updates * ROUNDING * size
        share = error / np.maximum(allowed, np.finfo(np.float64).tiny)
        shares.update(zip(places, np.where(np.isfinite(share), share, math.inf), strict=True))
    worst = max(shares, key=shares.__getitem__)
    return Disagreement(float(shares[worst]), worst)


def _squared(arrays: Sequence[Array]) -> Array:
    """Sums of squares of each parameter of each member, (parameters, R)."""
    flat = [values.reshape(len(values), -1) for values in arrays]
    return np.stack([np.einsum("rk,rk->r", v, v, dtype=np.float64) for v in flat])
