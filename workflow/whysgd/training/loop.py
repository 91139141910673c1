"""Training one ensemble from start to end."""

import logging
import time

import numpy as np
import pandas as pd
import tensorflow as tf

from whysgd.data.catalog import DATASETS
from whysgd.data.prepare import Dataset
from whysgd.models import build_network
from whysgd.spec import Ensemble, Program
from whysgd.training.history import history_rows
from whysgd.training.inputs import (
    BatchOrder,
    DeviceData,
    distinct_seeds,
    make_chunk,
    member_inputs,
)
from whysgd.training.program import NEVER, State, compile_program
from whysgd.training.progress import Progress
from whysgd.training.runtime import device_kind

# Between two chunks, and only there, logs, signals and checkpoints act.
_CHUNK_SECONDS = 1.0
_MAX_CHUNK_INDICES = 1 << 22  # int32 entries of the order handed over at once: 16 MB


def train_ensemble(
    ensemble: Ensemble, dataset: Dataset, logger: logging.Logger, dtype: str = "float32"
) -> pd.DataFrame:
    """Trains all members of an ensemble together and returns their history.

    Args:
        ensemble: what to train.
        dataset: the prepared data set that `ensemble.program.dataset` describes.
        logger: receives a line of progress every few seconds.
        dtype: of parameters and arithmetic; float64 is for tests.

    Returns:
        The history (see `whysgd.training.history`), a pure function of the arguments on one
        machine: evaluating more or less often changes no weight.
    """
    return Trainer(ensemble, dataset, logger, dtype).run()


class Trainer:
    """The compiled program, its inputs and the state of one ensemble."""

    def __init__(
        self, ensemble: Ensemble, dataset: Dataset, logger: logging.Logger, dtype: str = "float32"
    ) -> None:
        """Builds the network and moves the data to the device; compiles nothing yet."""
        program, info = ensemble.program, DATASETS[ensemble.program.dataset.source]
        network = build_network(
            program.model,
            input_shape=info.image_shape,
            num_classes=info.num_classes,
            replicas=len(ensemble.members),
            base_width=program.base_width,
            dtype=dtype,
        )
        self.ensemble, self.program, self.network = ensemble, program, network
        self._dtype, self._logger = dtype, logger
        self._compiled = compile_program(
            network, program, use_xla=network.prefers_xla(device_kind())
        )
        self._data = DeviceData(dataset, program, dtype)
        self._members = member_inputs(ensemble, dtype)
        seeds = distinct_seeds(ensemble)
        self._order = BatchOrder(program, seeds)
        longest = int(np.diff(evaluation_minibatches(program)).max())
        allowed = _MAX_CHUNK_INDICES // (len(seeds) * program.batch_size)
        self._capacity = max(1, min(longest, allowed))
        self._seconds_per_minibatch = 0.0  # measured; 0 until known

    def initial_state(self) -> State:
        """The members' initial parameters."""
        seeds = [member.seed for member in self.ensemble.members]
        parameters = [tf.constant(p) for p in self.network.initial_parameters(seeds)]
        return State(parameters, tf.fill((len(seeds),), tf.constant(NEVER, tf.int64)))

    def run(self) -> pd.DataFrame:
        """Trains from the start to the end of the budget."""
        stops = evaluation_minibatches(self.program)
        progress = Progress(self.ensemble, self._logger)
        state, history = self.initial_state(), []
        for done, stop in zip([0, *stops], stops, strict=False):
            state = self.train(state, done, stop, progress)
            history.append(self.evaluate(state, stop))
            progress.evaluated(history[-1])
        return pd.concat(history, ignore_index=True)

    def train(self, state: State, done: int, stop: int, progress: "Progress | None") -> State:
        """Trains from minibatch `done` up to, not including, `stop`, chunk by chunk."""
        while done < stop:
            count = self._chunk_size(stop - done)
            chunk = make_chunk(self.program, self._order, done, count, self._capacity, self._dtype)
            started = time.perf_counter()
            state = self._compiled.train_chunk(
                state, chunk, self._members, self._data.images, self._data.labels
            )
            state.diverged_at.numpy()  # waits for the device
            self._measured(count, time.perf_counter() - started)
            done += count
            if progress is not None:
                progress.trained(done)
        return state

    def evaluate(self, state: State, minibatches: int) -> pd.DataFrame:
        """One evaluation as rows of the history; changes nothing."""
        compiled, data, program = self._compiled, self._data, self.program
        train_loss, train_accuracy = compiled.evaluate(state.parameters, data.train)
        test_loss, test_accuracy = compiled.evaluate(state.parameters, data.test)
        measured = {
            "train_accuracy": train_accuracy,
            "train_loss": train_loss,
            "test_accuracy": test_accuracy,
            "test_loss": test_loss,
        }
        if program.c_reg == "every" or minibatches == program.num_minibatches:
            measured["c_reg"] = compiled.mean_grad_norm_sq(
                state.parameters, data.fixed_images, data.fixed_labels
            )
        return history_rows(
            self.ensemble.members,
            epoch=minibatches / program.minibatches_per_epoch,
            update=minibatches * program.updates_per_batch,
            measured={name: np.asarray(values) for name, values in measured.items()},
            diverged_at=state.diverged_at.numpy(),
        )

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


def evaluation_minibatches(program: Program) -> list[int]:
    """Numbers of minibatches after which a run is evaluated: 0, then evenly up to the end."""
    stops = np.linspace(0, program.num_minibatches, program.num_evaluations + 1)
    return [int(stop) for stop in np.unique(np.round(stops))]
