"""Random numbers: every one is a pure function of (seed, purpose, epoch, step).

There is no generator whose state has to be kept, saved or restored: what is drawn for one
purpose cannot shift what is drawn for another, and a run draws the same numbers whichever
runs are trained beside it and however often it is interrupted.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are for. The values are part of every result: never renumber them."""

    SPLIT = 0  # which examples are for training and which for testing
    PARAMETERS = 1  # initial parameters
    ORDER = 2  # permutation of the training set, one per epoch
    AUGMENTATION = 3  # crops and mirroring, one draw per minibatch
    THEORY_PROBLEMS = 4  # random losses and directions of the theory study
    THEORY_ORDERS = 5  # orders of minibatches, where they are not enumerated
    THEORY_SUBSETS = 6  # minibatches drawn from the training set
    THEORY_NOISE = 7  # Gaussian noise of the stochastic differential equation
    NOISE = 8  # data sets of noise, for benchmarks
    BOOTSTRAP = 10  # seeds that a resample of the runs takes


def generator(seed: int, purpose: Purpose, *index: int) -> np.random.Generator:
    """A fresh NumPy generator for one seed, purpose and place (an epoch, a parameter).

    Args:
        seed: of the run or of the split, not negative.
        purpose: keeps streams apart.
        index: further numbers, not negative; (1,) and (1, 0) are different places.
    """
    return np.random.default_rng([seed, int(purpose), len(index), *index])


def stateless_key(seed: int, purpose: Purpose) -> int:
    """First word of the seed of TensorFlow's stateless operations; the second counts minibatches.

    Returns:
        An integer in [0, 2^63). Draw integers over their whole range (no `minval`, no `maxval`)
        with `alg="philox"`: the default algorithm differs between graph mode and XLA, and so do
        floats with any algorithm, which are made of other bits of the same integers.
    """
    state = np.random.SeedSequence([seed, int(purpose)]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
