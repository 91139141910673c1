"""Learning-rate schedules: pure functions from minibatch number to a factor."""

import numpy as np
from numpy.typing import NDArray

from whysgd.spec.program import Schedule


def rate_factors(
    schedule: Schedule, minibatches: NDArray[np.integer], num_minibatches: int
) -> NDArray[np.float64]:
    """Factor of the learning rate at each of the given minibatches.

    constant: 1.
    halving: 1 up to the fraction `start` of training, then half at `start` and half again
    after every further fraction `every`. With 0.5 and 0.1: halvings at 50, 60, ... 90 %,
    1/32 at the end (Smith et al. 2021, Section 4: "constant for the first half of training,
    before decaying by a factor of 2 every remaining tenth").

    Args:
        schedule: which, with its fractions.
        minibatches: numbers from 0 up to, not including, `num_minibatches`.
        num_minibatches: of the whole training.

    Returns:
        Factors in (0, 1], shaped as `minibatches`.
    """
    if schedule.kind == "constant":
        return np.ones(minibatches.shape)
    # The small shift keeps a product such as 0.1 * 30 from missing a boundary by rounding.
    progress = minibatches / num_minibatches + 1e-12
    halvings = np.floor((progress - schedule.start) / schedule.every) + 1
    factors: NDArray[np.float64] = np.exp2(-np.maximum(halvings, 0))
    return factors
