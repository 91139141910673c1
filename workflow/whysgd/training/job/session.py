"""A process that trains: its own job, and then others that are wanted too."""

import logging
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from whysgd.base.errors import TrainingInterruptedError
from whysgd.base.origin import log_origin
from whysgd.base.scripting import add_to_log, job_log, script_log
from whysgd.training.job.devices import claimed_gpus
from whysgd.training.job.finished import finished_key, keep_finished, take_finished
from whysgd.training.job.live import Live
from whysgd.training.job.record import TrainingJob
from whysgd.training.job.runtime import execution, gpu_names, start_tensorflow
from whysgd.training.job.sharing import Neighbours, wait_for_job


@dataclass(frozen=True)
class Machine:
    """What a process that trains may use.

    Attributes:
        threads: of the processor.
        gpus: how many.
        jobs_per_gpu: processes that one GPU bears at a time.
    """

    threads: int
    gpus: int = 0
    jobs_per_gpu: int = 1


def run_job(job: TrainingJob, machine: Machine, wanted: Sequence[TrainingJob] = ()) -> None:
    """Makes the outputs of a job, and trains wanted ones whose outputs their own jobs will make.

    What is finished already is taken. A job that another process trains is waited for.

    Args:
        job: that this process was started for.
        machine: what it may use.
        wanted: jobs that it may go on with when its own is done.

    Raises:
        SystemExit: the job failed by a mistake of the user's, or a signal came.
    """
    with ExitStack() as held:
        wait_for_job(job, held)
        if take_finished(job):
            add_to_log(job.log, "the finished history is taken as it is")
            return
        neighbours = held.enter_context(Neighbours(wanted, job))
        with script_log(job.log) as logger, Live(job.checkpoints) as live:
            held.enter_context(
                claimed_gpus(machine.gpus, logger, jobs_per_gpu=machine.jobs_per_gpu)
            )
            start_tensorflow(machine.threads, gpus=machine.gpus)
            if machine.gpus and not gpu_names():
                logger.warning(
                    "warning: jobs.gpu: %d asked for, but TensorFlow sees no GPU; "
                    "training on the processor",
                    machine.gpus,
                )
            _train(job, logger, live, began=psutil.Process().create_time())
            take_finished(job)
        _remove_checkpoints(job)
        for neighbour in neighbours:
            _train_neighbour(neighbour)


def _train_neighbour(job: TrainingJob) -> None:
    """Trains a job whose own process will take the history; its failure is no failure of ours."""
    try:
        with job_log(job.log) as logger, Live(job.checkpoints) as live:
            _train(job, logger, live, began=time.time())
        _remove_checkpoints(job)
    except TrainingInterruptedError as error:
        sys.exit(error.exit_status)
    except Exception:  # its log has it, and its own job will try again and fail by itself
        return


def _train(job: TrainingJob, logger: logging.Logger, live: Live, *, began: float) -> None:
    """Trains a job and keeps its history.

    Args:
        job: what to train.
        logger: of the job's log.
        live: is told how far the training is.
        began: when the work for it began, in seconds since 1970.
    """
    from whysgd.training.history import write_history
    from whysgd.training.job.run import train_ensemble

    log_origin(logger, execution())
    if gpus := gpu_names():
        log_origin(logger, {"gpus": gpus})
    started, processor_started = time.time(), time.process_time()
    key = finished_key(job)
    history = train_ensemble(
        job.ensemble,
        _dataset(job.data, job.checksum, _stamp(job.data)),
        logger,
        checkpoint_folder=job.checkpoints,
        checkpoint_policy=job.policy,
        live=live,
        events_folder=job.events,
    )
    assert key is not None  # the data set could be read, and so could its checksum
    usage = {
        "seconds": round(time.time() - began, 2),
        "startup_seconds": round(started - began, 2),
        "processor_seconds": round(time.process_time() - processor_started, 2),
        "max_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB_IN_MB, 1),
    }
    keep_finished(job, key, lambda path: write_history(path, history), usage)


def _remove_checkpoints(job: TrainingJob) -> None:
    """Removes a finished job's checkpoints, with their folder once nothing else is in it."""
    from whysgd.training.checkpoints import remove_checkpoints

    remove_checkpoints(job.checkpoints)


@lru_cache(maxsize=1)
def _dataset(data: Path, checksum: Path, stamp: tuple[int, int]) -> Any:
    """The data set in a file; the same file is read once for several jobs."""
    from whysgd.data.dataset import read_dataset

    return read_dataset(data, checksum)


def _stamp(path: Path) -> tuple[int, int]:
    """Differs when the file has been written anew; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino


_KB_IN_MB = 1024 if sys.platform == "linux" else 1 << 20  # what the peak of memory is counted in
