"""The compiled program, its inputs and the measurements of one ensemble."""

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.data.dataset import Dataset
from whysgd.spec.ensemble import Ensemble
from whysgd.training.arithmetic import device_kind
from whysgd.training.blocks import blocks, compiled_block, replicas_at_once
from whysgd.training.evaluation import Piece, all_finite, batch_count, piece_of
from whysgd.training.history import history_rows
from whysgd.training.inputs import (
    BatchOrder,
    DeviceData,
    distinct_seeds,
    make_chunk,
    member_inputs,
)
from whysgd.training.job.pace import Pace
from whysgd.training.objective import Tensors
from whysgd.training.program import EVALUATION_BATCH, NEVER, State

_MAX_CHUNK_MINIBATCHES = 2048
_MAX_CHUNK_INDICES = 1 << 22  # int32 entries of the order handed over at once: 16 MB

Between = Callable[[], None]


class Trainer:
    """The compiled program, its inputs and the state of one ensemble."""

    def __init__(self, ensemble: Ensemble, dataset: Dataset, dtype: str = "float32") -> None:
        """Builds the network and moves the data to the device; compiles nothing yet."""
        program, device = ensemble.program, device_kind()
        self.ensemble, self.program = ensemble, program
        self._dtype, self.device = dtype, device
        most = replicas_at_once(program, len(ensemble.members), device, dtype)
        self._blocks = blocks(ensemble.members, most)
        self._compiled = {
            size: compiled_block(program, size, device, dtype) for size in set(self.layout)
        }
        self._data = DeviceData(dataset, program, dtype)
        seeds = distinct_seeds(ensemble.members)
        self._members = [member_inputs(block, seeds, dtype) for block in self._blocks]
        self._order = BatchOrder(program, seeds)
        # Not a function of how often a run is evaluated: shapes are part of the compiled program.
        allowed = _MAX_CHUNK_INDICES // (len(seeds) * program.batch_size)
        self._capacity = max(1, min(_MAX_CHUNK_MINIBATCHES, allowed))
        self._pace = Pace(self._capacity)
        self._evaluation_pace, self._norms_pace = Pace(sys.maxsize), Pace(sys.maxsize)

    @property
    def layout(self) -> tuple[int, ...]:
        """Sizes of the blocks that members are trained in."""
        return tuple(len(block) for block in self._blocks)

    def initial_state(self) -> list[State]:
        """The members' initial parameters, block by block."""
        states = []
        for block in self._blocks:
            seeds = [member.seed for member in block]
            network = self._compiled[len(block)].network
            parameters = [tf.constant(p) for p in network.initial_parameters(seeds)]
            states.append(State(parameters, tf.fill((len(seeds),), tf.constant(NEVER, tf.int64))))
        return states

    def train(
        self, states: list[State], first: int, last: int, between: Between = lambda: None
    ) -> tuple[list[State], int]:
        """Trains one chunk of minibatches from number `first` on, at most up to `last`.

        Args:
            states: of all blocks; they stay as they are.
            first: number of the first minibatch.
            last: number after the last minibatch.
            between: is called between blocks, and may raise.

        Returns:
            The new states and the number of the next minibatch.
        """
        count = self._pace.units(last - first)
        chunk = make_chunk(self.program, self._order, first, count, self._capacity, self._dtype)
        started = time.perf_counter()
        trained = []
        images, labels = self._data.examples
        for size, state, members in zip(self.layout, states, self._members, strict=True):
            between()
            compiled = self._compiled[size].compiled
            state = compiled.train_chunk(state, chunk, members, images, labels)
            state.diverged_at.numpy()  # waits for the device
            trained.append(state)
        self._pace.took(count, time.perf_counter() - started)
        return trained, first + count

    def evaluate(
        self, states: list[State], minibatches: int, between: Between = lambda: None
    ) -> pd.DataFrame:
        """One evaluation as rows of the history; changes nothing.

        Args:
            states: of all blocks.
            minibatches: how many they have been trained on.
            between: is called between pieces of work, and may raise.
        """
        with_c_reg = self.program.c_reg == "every" or minibatches == self.program.num_minibatches
        measured_blocks = [
            self._measure(size, state.parameters, with_c_reg, between)
            for size, state in zip(self.layout, states, strict=True)
        ]
        count = len(self.ensemble.members)  # the last block may be padded
        measured = {
            name: np.concatenate([block[name] for block in measured_blocks])[:count]
            for name in measured_blocks[0]
        }
        finite = [all_finite(state.parameters) for state in states]
        return history_rows(
            self.ensemble.members,
            epoch=minibatches / self.program.minibatches_per_epoch,
            update=minibatches * self.program.updates_per_batch,
            measured=measured,
            diverged_at=np.concatenate([state.diverged_at for state in states])[:count],
            finite=np.concatenate(finite)[:count],
        )

    def _measure(
        self, size: int, parameters: Tensors, with_c_reg: bool, between: Between
    ) -> dict[str, NDArray[np.floating]]:
        """Metrics of one block, each (R,) with R its size."""
        compiled, zero = self._compiled[size].compiled, tf.zeros((size,), self._dtype)
        measured: dict[str, NDArray[np.floating]] = {}
        for name, examples in (("train", self._data.train), ("test", self._data.test)):
            count = len(examples)
            loss, correct = self._summed(
                partial(compiled.add_evaluation, parameters, self._data.examples),
                examples,
                batch_count(count, EVALUATION_BATCH),
                [zero, zero],
                self._evaluation_pace,
                between,
            )
            measured[f"{name}_accuracy"] = correct / count
            measured[f"{name}_loss"] = loss / count
        if with_c_reg:
            minibatches = self.program.minibatches_per_epoch  # all of them full
            (total,) = self._summed(
                partial(compiled.add_grad_norms_sq, parameters, self._data.examples),
                self._data.train,
                minibatches,
                [zero],
                self._norms_pace,
                between,
            )
            measured["c_reg"] = total / minibatches
        return measured

    def _summed(
        self,
        add: Callable[[Piece, Tensors], list[tf.Tensor]],
        examples: range,
        num_batches: int,
        sums: list[tf.Tensor],
        pace: Pace,
        between: Between,
    ) -> list[NDArray[np.floating]]:
        """Sums over all batches, each (R,), whatever the pieces; `sums` is where they start."""
        first = 0
        while first < num_batches:
            between()
            end = first + pace.units(num_batches - first)
            started = time.perf_counter()
            sums = add(piece_of(first, end, examples), sums)
            sums[0].numpy()  # waits for the device
            pace.took(end - first, time.perf_counter() - started)
            first = end
        return [np.asarray(total) for total in sums]
