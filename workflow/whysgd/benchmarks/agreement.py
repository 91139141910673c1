"""Whether two contestants computed the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whysgd.benchmarks.problem import Array

# In float32, of how far the parameters moved. What is wrong in a formula is far more (a factor
# of 2 in the penalty a tenth); what differs in the order of sums is 1e-5 and, where a ReLU
# switches in one of them only, some 1e-4.
OF_MOVEMENT = 1e-3
# And of the parameters themselves at each update: half a unit in the last place.
ROUNDING = 2.0**-24


class DisagreementError(Exception):
    """A contestant does not compute what ours does; its speed means nothing."""


@dataclass(frozen=True)
class Disagreement:
    """The largest difference of any member's parameter, as a share of what is allowed."""

    share: float
    parameter: str


def disagreement(
    names: Sequence[str],
    initial: Sequence[Array],
    reference: Sequence[Array],
    found: Sequence[Array],
    num_updates: int,
) -> Disagreement:
    """Compares two trainings from the same start.

    Args:
        names: of the parameters.
        initial: arrays (R, *shape) before training.
        reference: the same after it, by the contestant that the other is measured against.
        found: the same by the other one.
        num_updates: how many both took.

    Returns:
        The worst of all members and parameters; infinite where something is not finite.
    """
    worst = Disagreement(0.0, names[0])
    for name, start, ours, theirs in zip(names, initial, reference, found, strict=True):
        if ours.shape != theirs.shape:
            return Disagreement(np.inf, name)
        allowed = OF_MOVEMENT * _norms(ours - start) + num_updates * ROUNDING * _norms(ours)
        share = _norms(theirs - ours) / np.maximum(allowed, np.finfo(np.float32).tiny)
        largest = float(np.max(np.where(np.isfinite(share), share, np.inf)))
        if largest > worst.share:
            worst = Disagreement(largest, name)
    return worst


def _norms(values: Array) -> Array:
    """Euclidean norm of each member's part, (R,)."""
    flat = values.reshape(len(values), -1)
    norms: Array = np.linalg.norm(flat, axis=1)
    return norms
