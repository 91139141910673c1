"""Which training job a process goes on with, once it has finished its own.

Starting TensorFlow and compiling take longer than training a small network. So a process that
has trained its job goes on with others that the same call of Snakemake wants, those first that
run the code it has compiled. Their own jobs then find them finished.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from whysgd.base.exclusive import HAS_EXCLUSIVE_NAMES, take_name
from whysgd.spec.program import Program
from whysgd.training.job.finished import finished_key, is_finished
from whysgd.training.job.record import TrainingJob

_WAITING_SECONDS = 0.2  # between two looks at a job that another process trains


def take_job(job: TrainingJob, until: ExitStack) -> bool:
    """Makes this process the only one of the machine that trains a job, until the stack closes.

    Returns:
        Whether no other process trains it.
    """
    if not HAS_EXCLUSIVE_NAMES:
        return True
    return take_name(_short(f"train {Path(job.finished).absolute()}"), until)


def wait_for_job(job: TrainingJob, until: ExitStack) -> None:
    """Waits until no other process trains a job, and takes it."""
    while not take_job(job, until):
        time.sleep(_WAITING_SECONDS)


class Neighbours:
    """The other jobs that are wanted, one after another, each taken before it is handed out.

    Within its block, other processes see which group of jobs this one works on: at first that of
    its own job.
    """

    def __init__(self, wanted: Sequence[TrainingJob], own: TrainingJob) -> None:
        """Takes none yet.

        Args:
            wanted: all training jobs of this call of Snakemake.
            own: the one that this process was started for.
        """
        self._left = {job.name: job for job in wanted if job.name != own.name}
        self._group = own.group
        self._busy = ExitStack()  # holds the name of the group that this process works on

    def __enter__(self) -> "Neighbours":
        """Shows that this process works on its own job's group, unless another one does."""
        if HAS_EXCLUSIVE_NAMES:
            take_name(_group_name(self._group), self._busy)
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the group go."""
        self._busy.close()

    def __iter__(self) -> Iterator[TrainingJob]:
        """Hands out jobs until none is left that nobody trains or has finished."""
        while HAS_EXCLUSIVE_NAMES and self._left:
            with ExitStack() as taken:
                job = self._next(taken)
                if job is None:
                    return
                yield job

    def _next(self, taken: ExitStack) -> TrainingJob | None:
        """The next job to train, taken; None if all are finished or taken."""
        for job in self._in_order():
            with ExitStack() as attempt:
                # Looked at once it is taken: a moment ago it may have been in another's hands.
                if take_job(job, attempt):
                    del self._left[job.name]
                    if finished_key(job) is not None and not is_finished(job):
                        taken.push(attempt.pop_all())
                        return job
        return None

    def _in_order(self) -> list[TrainingJob]:
        """What is left: of the group at hand, then of groups that nobody works on, then others.

        Within a group the longest come first, so that the last ones are short and all processes
        end at about the same time; groups likewise.
        """
        groups: dict[Program, list[TrainingJob]] = {}
        for job in self._left.values():
            groups.setdefault(job.group, []).append(job)
        if self._group not in groups:
            self._group = self._move(groups)
        rest = sorted((group for group in groups if group != self._group), key=_work_in(groups))
        ordered = [self._group, *reversed(rest)]
        return [job for group in ordered for job in _longest_first(groups.get(group, []))]

    def _move(self, groups: dict[Program, list[TrainingJob]]) -> Program:
        """The group to work on next: the largest of those that no other process works on."""
        self._busy.close()
        largest_first = sorted(groups, key=_work_in(groups), reverse=True)
        for group in largest_first:
            if take_name(_group_name(group), self._busy):
                return group
        return largest_first[0]


def _longest_first(jobs: Sequence[TrainingJob]) -> list[TrainingJob]:
    return sorted(jobs, key=lambda job: job.work, reverse=True)


def _work_in(groups: dict[Program, list[TrainingJob]]) -> Callable[[Program], int]:
    return lambda group: sum(job.work for job in groups[group])


def _group_name(group: Program) -> str:
    """Name that a process holds while it works on a group; of this folder's jobs alone."""
    return _short(f"group {os.getcwd()} {group.model_dump_json()}")


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:40]
