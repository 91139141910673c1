"""Each contestant in a process of its own: libraries share neither threads nor memory."""

import gc
import multiprocessing
import os
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from whysgd.base.errors import UserError
from whysgd.benchmarks.agreement import Disagreement, disagreement
from whysgd.benchmarks.problem import Problem
from whysgd.benchmarks.roster import ENTRANTS, MATMULS, ONE_THREAD, Contestant, Entrant, Options


@dataclass(frozen=True)
class Timing:
    """One stretch of training."""

    seconds: float  # by the clock
    cpu_seconds: float  # of the processor, in all threads: shows whether there was more than one


class Session:
    """What a worker process does when asked: the methods are its commands."""

    def __init__(self, entrant: Entrant) -> None:
        """Without any contestant yet."""
        self._entrant = entrant
        self._made: dict[str, tuple[Problem, Contestant]] = {}
        self._chosen = ""

    def choose(self, key: str, problem: Problem, options: Options) -> None:
        """Makes the contestant of this key, in place of one that was."""
        self._made[key] = (problem, self._entrant.make(problem, options))
        self._chosen = key

    def take(self, key: str) -> None:
        """Takes up a contestant that was made before."""
        self._chosen = key

    def keep(self, prefix: str, key: str) -> None:
        """Takes up one of the contestants whose key has the prefix and forgets the others."""
        self._made = {k: v for k, v in self._made.items() if k == key or not k.startswith(prefix)}
        self._chosen = key
        gc.collect()

    def train(self, members: Sequence[int], minibatches: int) -> Timing:
        """Trains members from their initial parameters; the start is not timed."""
        _, contestant = self._made[self._chosen]
        contestant.start(members)
        started, cpu_started = time.perf_counter(), time.process_time()
        contestant.train(minibatches)
        return Timing(time.perf_counter() - started, time.process_time() - cpu_started)

    def memory(self, members: Sequence[int], minibatches: int) -> tuple[int, int]:
        """Bytes resident before a training, and at most until its end. On Linux only."""
        _, contestant = self._made[self._chosen]
        before = _resident("VmRSS")
        contestant.start(members)
        contestant.train(minibatches)
        return before, _resident("VmHWM")

    def save(self, folder: Path) -> None:
        """Writes the parameters that training led to, as the reference for the others."""
        _, contestant = self._made[self._chosen]
        folder.mkdir(exist_ok=True)
        for number, values in enumerate(contestant.parameters()):
            np.save(folder / f"{number}.npy", values)

    def compare(self, folder: Path, members: Sequence[int], num_updates: int) -> Disagreement:
        """Compares the parameters that training these members led to with the reference."""
        problem, contestant = self._made[self._chosen]
        found = contestant.parameters()
        reference = [
            np.load(folder / f"{number}.npy", mmap_mode="r")[members]
            for number in range(len(found))
        ]
        initial = problem.initial_parameters(members)
        return disagreement(problem.parameter_names, initial, reference, found, num_updates)


class WorkerError(Exception):
    """A contestant failed; the message is its traceback."""


class Worker:
    """A contestant's process, from outside."""

    def __init__(self, entrant: Entrant) -> None:
        """Starts the process."""
        self.entrant = entrant
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, entrant.name), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, command: str, *arguments: Any) -> Any:
        """Runs a method of the worker's `Session` and returns its result.

        Raises:
            WorkerError: it raised, or the process died.
        """
        try:
            self._connection.send((command, arguments))
            succeeded, result = self._connection.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            raise WorkerError(
                f"{self.entrant.title}: the process ended with {self._process.exitcode}"
            ) from None
        if not succeeded:
            raise WorkerError(f"{self.entrant.title}: {command} failed\n{result}")
        return result

    def stop(self) -> None:
        """Ends the process."""
        self._connection.close()
        self._process.join()


def _resident(key: str) -> int:
    """A line of the process's status in bytes: VmRSS is now, VmHWM the highest so far.

    Raises:
        UserError: this system keeps no such file.
    """
    try:
        text = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        raise UserError("memory is measured on Linux only: choose other --rows") from None
    (line,) = (line for line in text.splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024


def _serve(connection: Connection, name: str) -> None:
    """The worker process: answers commands until the other end closes."""
    (entrant,) = (entrant for entrant in (*ENTRANTS, MATMULS) if entrant.name == name)
    os.environ.update({**ONE_THREAD, **entrant.environment})
    entrant.set_up()
    session = Session(entrant)
    # The other end closes when it is done, and when it is killed.
    with suppress(EOFError, ConnectionError, KeyboardInterrupt):
        while True:
            command, arguments = connection.recv()
            try:
                answer = True, getattr(session, command)(*arguments)
            except Exception:
                answer = False, traceback.format_exc()
            connection.send(answer)
