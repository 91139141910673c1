"""A training between two chunks: everything that the rest of it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.training.program import State

Arrays = list[NDArray[np.generic]]


@dataclass(frozen=True)
class Snapshot:
    """A training between two chunks.

    Attributes:
        minibatches: how many every member has been trained on.
        evaluations: how many evaluations `history` holds.
        blocks: for each block of members its parameters and, last, `diverged_at`.
        history: rows of the evaluations so far.
    """

    minibatches: int
    evaluations: int
    blocks: tuple[Arrays, ...]
    history: pd.DataFrame


def state_arrays(states: Sequence[State]) -> tuple[list[NDArray[np.generic]], ...]:
    """Gives each block's parameters and, last, `diverged_at`, as arrays."""
    return tuple(
        [np.asarray(array) for array in (*state.parameters, state.diverged_at)] for state in states
    )


def states_of(arrays: Sequence[Sequence[NDArray[np.generic]]]) -> list[State]:
    """Gives the states that `state_arrays` made arrays of."""
    return [
        State([tf.constant(array) for array in parameters], tf.constant(diverged_at))
        for *parameters, diverged_at in arrays
    ]
