"""What the jobs of a scale will take, from the timings of their programs."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whysgd.planning.timings import Timing
from whysgd.spec.ensemble import Ensemble

# Standardized images in float32, on their way there and as prepared.
_COPIES_OF_DATA = 3


@dataclass(frozen=True)
class JobEstimate:
    """One training job.

    Attributes:
        run_id: of its ensemble.
        runs: members.
        updates: of all members.
        seconds: from the start of its process to the end, by the clock.
        bytes: largest resident memory.
        device: that the timing was taken on.
    """

    run_id: str
    runs: int
    updates: int
    seconds: float
    bytes: float
    device: str


def estimate_job(ensemble: Ensemble, timing: Timing) -> JobEstimate:
    """What a job takes: starting, compiling, training, evaluating; checkpoints are left out.

    They take at most 2 % by construction (`whysgd.training.checkpoints`).
    """
    program = ensemble.program
    dataset = program.dataset
    evaluations = len(program.evaluation_minibatches)
    norms = evaluations if program.c_reg == "every" else 1
    seconds = (
        timing.start_seconds
        + timing.compile_seconds
        + program.num_minibatches * timing.minibatch_seconds
        + evaluations * (dataset.num_train + dataset.num_test) * timing.evaluation_seconds
        + norms * program.minibatches_per_epoch * timing.c_reg_seconds
    )
    images = (dataset.num_train + dataset.num_test) * int(np.prod(dataset.image_shape))
    return JobEstimate(
        run_id=ensemble.run_id,
        runs=len(ensemble.members),
        updates=len(ensemble.members) * program.num_updates,
        seconds=seconds,
        bytes=timing.peak_bytes + _COPIES_OF_DATA * 4 * images,
        device=timing.device,
    )


def seconds_at_once(jobs: Iterable[JobEstimate], places: int) -> float:
    """How long jobs take where some run at the same time, the longest started first."""
    free = [0.0] * places
    for job in sorted(jobs, key=lambda job: -job.seconds):
        heapq.heapreplace(free, free[0] + job.seconds)
    return max(free)
