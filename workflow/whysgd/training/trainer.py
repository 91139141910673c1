"""The compiled program, its inputs and the measurements of one ensemble."""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.data.catalog import DATASETS
from whysgd.data.prepare import Dataset
from whysgd.models import Network, build_network
from whysgd.spec import Ensemble, Member, Program
from whysgd.training.history import history_rows
from whysgd.training.inputs import (
    BatchOrder,
    DeviceData,
    distinct_seeds,
    make_chunk,
    member_inputs,
)
from whysgd.training.objective import Tensors
from whysgd.training.program import NEVER, State, compile_program
from whysgd.training.runtime import device_kind

# Between two chunks, and only there, logs, signals and checkpoints act.
_CHUNK_SECONDS = 1.0
_CACHED_BYTES = 5 << 18  # of parameters that are trained at once on a processor
_MAX_CHUNK_MINIBATCHES = 2048
_MAX_CHUNK_INDICES = 1 << 22  # int32 entries of the order handed over at once: 16 MB


class Trainer:
    """The compiled program, its inputs and the state of one ensemble."""

    def __init__(self, ensemble: Ensemble, dataset: Dataset, dtype: str = "float32") -> None:
        """Builds the network and moves the data to the device; compiles nothing yet."""
        program, device = ensemble.program, device_kind()
        self.ensemble, self.program = ensemble, program
        self._dtype = dtype
        replicas = replicas_at_once(program, len(ensemble.members), device, dtype)
        self.replicas, self.device = replicas, device
        self.network = _network(program, replicas, dtype)
        use_xla = self.network.prefers_xla(device)
        self._compiled = compile_program(self.network, program, use_xla=use_xla)
        self._data = DeviceData(dataset, program, dtype)
        seeds = distinct_seeds(ensemble.members)
        self._blocks = blocks(ensemble.members, replicas)
        self._members = [member_inputs(block, seeds, dtype) for block in self._blocks]
        self._order = BatchOrder(program, seeds)
        # Not a function of how often a run is evaluated: shapes are part of the compiled program.
        allowed = _MAX_CHUNK_INDICES // (len(seeds) * program.batch_size)
        self._capacity = max(1, min(_MAX_CHUNK_MINIBATCHES, allowed))
        self._seconds_per_minibatch = 0.0  # measured; 0 until known

    def initial_state(self) -> list[State]:
        """The members' initial parameters, block by block."""
        states = []
        for block in self._blocks:
            seeds = [member.seed for member in block]
            parameters = [tf.constant(p) for p in self.network.initial_parameters(seeds)]
            states.append(State(parameters, tf.fill((len(seeds),), tf.constant(NEVER, tf.int64))))
        return states

    def train(self, states: list[State], first: int, last: int) -> tuple[list[State], int]:
        """Trains one chunk of minibatches from number `first` on, at most up to `last`.

        Returns:
            The new states and the number of the next minibatch.
        """
        count = self._chunk_size(last - first)
        chunk = make_chunk(self.program, self._order, first, count, self._capacity, self._dtype)
        started = time.perf_counter()
        states = [
            self._compiled.train_chunk(state, chunk, members, self._data.images, self._data.labels)
            for state, members in zip(states, self._members, strict=True)
        ]
        states[-1].diverged_at.numpy()  # waits for the device
        self._measured(count, time.perf_counter() - started)
        return states, first + count

    def evaluate(self, states: list[State], minibatches: int) -> pd.DataFrame:
        """One evaluation as rows of the history; changes nothing."""
        with_c_reg = self.program.c_reg == "every" or minibatches == self.program.num_minibatches
        parts = [self._measure(state.parameters, with_c_reg) for state in states]
        count = len(self.ensemble.members)  # the last block may be padded
        measured = {
            name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]
        }
        finite = [self._compiled.all_finite(state.parameters) for state in states]
        return history_rows(
            self.ensemble.members,
            epoch=minibatches / self.program.minibatches_per_epoch,
            update=minibatches * self.program.updates_per_batch,
            measured=measured,
            diverged_at=np.concatenate([state.diverged_at for state in states])[:count],
            finite=np.concatenate(finite)[:count],
        )

    def _measure(self, parameters: Tensors, with_c_reg: bool) -> dict[str, NDArray[np.floating]]:
        """Metrics of one block, each (R,)."""
        data = self._data
        train_loss, train_accuracy = self._compiled.evaluate(parameters, data.train)
        test_loss, test_accuracy = self._compiled.evaluate(parameters, data.test)
        measured = {
            "train_accuracy": train_accuracy,
            "train_loss": train_loss,
            "test_accuracy": test_accuracy,
            "test_loss": test_loss,
        }
        if with_c_reg:
            measured["c_reg"] = self._compiled.mean_grad_norm_sq(
                parameters, data.fixed_images, data.fixed_labels
            )
        return {name: np.asarray(values) for name, values in measured.items()}

    def _chunk_size(self, left: int) -> int:
        # The first chunk is one minibatch long: its time is the compilation's.
        if not self._seconds_per_minibatch:
            return 1
        affordable = int(_CHUNK_SECONDS / self._seconds_per_minibatch)
        return max(1, min(left, self._capacity, affordable))

    def _measured(self, count: int, seconds: float) -> None:
        if self._seconds_per_minibatch or count > 1:
            self._seconds_per_minibatch = seconds / count
        else:
            # Compilation included: far too long, so the next chunk is short and corrects it.
            self._seconds_per_minibatch = max(seconds / 16, 1e-9)


def state_arrays(states: Sequence[State]) -> tuple[list[NDArray[np.generic]], ...]:
    """Each block's parameters and, last, `diverged_at`, as arrays."""
    return tuple(
        [np.asarray(array) for array in (*state.parameters, state.diverged_at)] for state in states
    )


def states_of(arrays: Sequence[Sequence[NDArray[np.generic]]]) -> list[State]:
    """The states that `state_arrays` made arrays of."""
    return [
        State([tf.constant(array) for array in parameters], tf.constant(diverged_at))
        for *parameters, diverged_at in arrays
    ]


def replicas_at_once(program: Program, members: int, device: str, dtype: str) -> int:
    """How many members one call of the compiled program trains.

    A processor core is fastest while the parameters of the replicas it works on stay in its
    cache, so a large ensemble of small networks is trained in blocks; a GPU takes all at once.
    The blocks are as equal as can be, so that little of the last one is padding.
    """
    if device == "gpu":
        return members
    size = _network(program, 1, dtype).num_parameters * np.dtype(dtype).itemsize
    most = max(1, _CACHED_BYTES // size)
    return -(-members // -(-members // most))


def blocks(members: Sequence[Member], size: int) -> list[list[Member]]:
    """Members in blocks of equal size; the last is padded with its last member."""
    padded = [*members, *[members[-1]] * (-len(members) % size)]
    return [padded[first : first + size] for first in range(0, len(padded), size)]


def _network(program: Program, replicas: int, dtype: str) -> Network:
    info = DATASETS[program.dataset.source]
    return build_network(
        program.model,
        input_shape=info.image_shape,
        num_classes=info.num_classes,
        replicas=replicas,
        base_width=program.base_width,
        dtype=dtype,
    )


def evaluation_minibatches(program: Program) -> list[int]:
    """Numbers of minibatches after which a run is evaluated: 0, then evenly up to the end."""
    stops = np.linspace(0, program.num_minibatches, program.num_evaluations + 1)
    return [int(stop) for stop in np.unique(np.round(stops))]
