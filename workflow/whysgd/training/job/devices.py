"""Which GPUs a job uses where several jobs run on one machine: no two on one, unless asked.

Snakemake counts the GPUs of a machine and tells no job which are its own. So a job claims them
before TensorFlow starts. A claim is a name that only one process has (`whysgd.base.exclusive`), so
it ends with the process, however that ends. In a SLURM job claims count among the processes of
that job, since SLURM has handed out its GPUs, and may number those of each job from 0.
"""

import logging
import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from whysgd.base.errors import UserError
from whysgd.base.exclusive import take_name

_VARIABLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def claimed_gpus(count: int, logger: logging.Logger, *, jobs_per_gpu: int = 1) -> Iterator[None]:
    """Within the block, CUDA sees only GPUs that are this process's own.

    Waits until so many are free. Does nothing where none is wanted or none is seen.

    Args:
        count: GPUs that are wanted.
        logger: is told which they are, and that the process has to wait.
        jobs_per_gpu: claims that one GPU bears at a time.

    Raises:
        UserError: the machine has fewer.
    """
    seen = visible_gpus() if count else []
    if not seen:
        yield
        return
    if count > len(seen):
        raise UserError(
            f"jobs.gpu: {count} GPUs are asked for, and {len(seen)} are there: {', '.join(seen)}"
        )
    before = os.environ.get(_VARIABLE)
    with ExitStack() as claims:
        mine = _claim(seen, count, jobs_per_gpu, claims)
        if not mine:
            logger.info("waiting for %d of the GPUs %s", count, ", ".join(seen))
        while not mine:
            time.sleep(random.uniform(0.5, 1.5))  # not in step with others that wait
            mine = _claim(seen, count, jobs_per_gpu, claims)
        logger.info("on GPU %s", ", ".join(mine))
        os.environ[_VARIABLE] = ",".join(mine)
        try:
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before


def visible_gpus() -> list[str]:
    """Names of the GPUs that CUDA would see, by CUDA_VISIBLE_DEVICES or else all, by their UUID."""
    chosen = os.environ.get(_VARIABLE)
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []  # no driver, so no GPU
    return listed.stdout.split()


def _claim(seen: Sequence[str], count: int, jobs_per_gpu: int, claims: ExitStack) -> list[str]:
    """Claims so many GPUs, or none, since two jobs that hold a part would wait for each other.

    A second place on a GPU is taken only where the first place on each is.
    """
    mine: list[str] = []
    with ExitStack() as attempt:
        for place in range(jobs_per_gpu):
            for name in seen:
                if name not in mine and take_name(_claim_name(name, place), attempt):
                    mine.append(name)
                if len(mine) == count:
                    claims.push(attempt.pop_all())
                    return mine
    return []


def _claim_name(gpu: str, place: int) -> str:
    return f"{os.environ.get('SLURM_JOB_ID', '')} {gpu} {place}"
