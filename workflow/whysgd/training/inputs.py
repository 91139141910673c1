"""The arrays that the compiled program reads, made on the host."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator, stateless_key
from whysgd.data.dataset import Dataset
from whysgd.data.standardize import standardized
from whysgd.spec.ensemble import Member
from whysgd.spec.program import Program
from whysgd.training.evaluation import Examples
from whysgd.training.program import Chunk, MemberInputs
from whysgd.training.schedule import rate_factors


class BatchOrder:
    """Which training examples make up each minibatch, for each distinct seed.

    Every epoch is a fresh permutation of the training set, a pure function of (seed, epoch),
    cut into minibatches; the last N mod B examples of each permutation are left out.
    """

    def __init__(self, program: Program, seeds: Sequence[int]) -> None:
        """Orders for the given distinct seeds."""
        self._seeds = tuple(seeds)
        self._num_train = program.dataset.num_train
        self._shape = (program.minibatches_per_epoch, program.batch_size)
        self._epochs: dict[int, NDArray[np.int32]] = {}  # epoch -> (m, S, B); the last few

    def minibatches(self, first: int, count: int) -> NDArray[np.int32]:
        """Examples of `count` minibatches from number `first` on, (count, S, B)."""
        per_epoch = self._shape[0]
        numbers = np.arange(first, first + count)
        epochs = numbers // per_epoch
        wanted = range(int(epochs[0]), int(epochs[-1]) + 1)
        self._epochs = {epoch: self._epoch(epoch) for epoch in wanted}
        parts = [self._epochs[epoch][numbers[epochs == epoch] % per_epoch] for epoch in wanted]
        return np.concatenate(parts)

    def _epoch(self, epoch: int) -> NDArray[np.int32]:
        if epoch in self._epochs:
            return self._epochs[epoch]
        used = self._shape[0] * self._shape[1]
        orders = [
            generator(seed, Purpose.ORDER, epoch)
            .permutation(self._num_train)[:used]
            .reshape(self._shape)
            for seed in self._seeds
        ]
        return np.stack(orders, axis=1).astype(np.int32)


def distinct_seeds(members: Sequence[Member]) -> list[int]:
    """The members' seeds, each once, in increasing order."""
    return sorted({member.seed for member in members})


def member_inputs(members: Sequence[Member], seeds: Sequence[int], dtype: str) -> MemberInputs:
    """What differs between members, as tensors; `seeds` are the distinct ones of the ensemble."""
    return MemberInputs(
        learning_rates=tf.constant([m.learning_rate for m in members], dtype),
        reg_coefficients=tf.constant([m.reg_coefficient for m in members], dtype),
        seed_of_member=tf.constant([seeds.index(m.seed) for m in members], tf.int32),
        augmentation_keys=tf.constant(
            [stateless_key(seed, Purpose.AUGMENTATION) for seed in seeds], tf.int64
        ),
    )


def make_chunk(
    program: Program, order: BatchOrder, first: int, count: int, capacity: int, dtype: str
) -> Chunk:
    """Minibatches `first` to `first + count`, padded to `capacity`, which fixes the shapes."""
    numbers = np.arange(first, first + count)
    factors = np.zeros(capacity)
    factors[:count] = rate_factors(program.schedule, numbers, program.num_minibatches)
    examples = order.minibatches(first, count)
    padded = np.zeros((capacity, *examples.shape[1:]), np.int32)
    padded[:count] = examples
    return Chunk(
        order=tf.constant(padded),
        rate_factors=tf.constant(factors, dtype),
        first=tf.constant(first, tf.int64),
        count=tf.constant(count, tf.int32),
    )


class DeviceData:
    """A data set on the device, one copy for training, evaluation and gradient norms."""

    def __init__(self, dataset: Dataset, program: Program, dtype: str) -> None:
        """Standardizes the images and moves them over, once; the training set comes first."""
        images = standardized(dataset, program.preprocessing, np.dtype(dtype))
        labels = np.concatenate([dataset.y_train, dataset.y_test])
        self.examples = Examples(tf.constant(images), tf.constant(labels))
        self.train = range(len(dataset.y_train))
        self.test = range(len(dataset.y_train), len(labels))
