"""Timing one ensemble on the machine at hand."""

import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.data.dataset import Dataset
from whysgd.planning.timings import Timing
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble
from whysgd.training.arithmetic import device_kind
from whysgd.training.program import State
from whysgd.training.trainer import Trainer

_SECONDS = 3.0  # of training that is timed; a minibatch that takes as long is timed once


def measure_timing(ensemble: Ensemble, imported_seconds: float) -> Timing:
    """Trains, evaluates and measures gradient norms for some seconds each.

    Args:
        ensemble: as `timed_ensemble` makes it.
        imported_seconds: what passed since the process began.
    """
    started = time.perf_counter()
    trainer = Trainer(ensemble, noise(ensemble.program.dataset))
    states = trainer.initial_state()
    built = time.perf_counter() - started
    first_chunk, states, minibatch = _training(trainer, states)
    last = ensemble.program.num_minibatches
    first_plain, plain = _two_calls(lambda: trainer.evaluate(states, 0))
    first_full, full = _two_calls(lambda: trainer.evaluate(states, last))
    dataset = ensemble.program.dataset
    norms = max(full - plain, 0.0)
    return Timing(
        device=device_kind(),
        start_seconds=imported_seconds + built,
        compile_seconds=max(first_chunk - minibatch, 0.0)
        + max(first_plain - plain, 0.0)
        + max(first_full - full, 0.0),
        minibatch_seconds=minibatch,
        evaluation_seconds=plain / (dataset.num_train + dataset.num_test),
        # A difference of two times may come out below 0 where the norms take next to nothing.
        c_reg_seconds=max(norms, 1e-9) / ensemble.program.minibatches_per_epoch,
        peak_bytes=peak_bytes(),
    )


def noise(spec: DatasetSpec) -> Dataset:
    """Images of noise with the shapes of a data set."""
    draw = generator(0, Purpose.NOISE, *spec.image_shape)

    def images(count: int) -> NDArray[np.float32]:
        return draw.random((count, *spec.image_shape), np.float32)

    def labels(count: int) -> NDArray[np.int32]:
        return draw.integers(spec.num_classes, size=count, dtype=np.int32)

    train, test = spec.num_train, spec.num_test
    return Dataset(images(train), labels(train), images(test), labels(test))


def peak_bytes() -> int:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def _training(trainer: Trainer, states: list[State]) -> tuple[float, list[State], float]:
    """Seconds of the first minibatch, the states at the end, seconds of a later minibatch."""
    last = trainer.program.num_minibatches
    began = time.perf_counter()
    states, done = trainer.train(states, 0, last)
    first = time.perf_counter() - began
    pieces: list[float] = []
    took = 0.0
    # The first piece is short, since its length is guessed from a call that compiled.
    while took < _SECONDS:
        started, before = time.perf_counter(), done
        states, done = trainer.train(states, done, last)
        seconds = time.perf_counter() - started
        took += seconds
        pieces.append(seconds / (done - before))
    return first, states, statistics.median(pieces[1:] or pieces)


def _two_calls(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the first call, which compiles, and of another."""
    times = []
    for _ in range(2):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return times[0], times[1]
