"""This project's training, as a job runs it."""

from collections.abc import Sequence

import numpy as np

from whysgd.benchmarks.problem import Array, Problem
from whysgd.data.prepare import prepared
from whysgd.spec.ensemble import Ensemble
from whysgd.training.program import State
from whysgd.training.trainer import Trainer


class Ours:
    """`whysgd.training.trainer.Trainer`, chunk by chunk."""

    def __init__(self, problem: Problem) -> None:
        """Compiles nothing yet."""
        self._problem, self._dataset = problem, prepared(problem.program.dataset)
        self._trainers: dict[tuple[int, ...], Trainer] = {}
        self._states: list[State] = []
        self._count = 0

    def start(self, members: Sequence[int]) -> None:
        """Puts the chosen members at their initial parameters."""
        key = tuple(members)
        if key not in self._trainers:
            ensemble = Ensemble(
                program=self._problem.program,
                members=tuple(self._problem.members[member] for member in members),
            )
            self._trainers[key] = Trainer(ensemble, self._dataset)
        self._trainer, self._count = self._trainers[key], len(members)
        self._states = self._trainer.initial_state()

    def train(self, minibatches: int) -> None:
        """Trains on the first so many minibatches."""
        done = 0
        while done < minibatches:
            self._states, done = self._trainer.train(self._states, done, minibatches)

    def parameters(self) -> list[Array]:
        """Where the members are now, arrays (R, *shape)."""
        blocks = zip(*(state.parameters for state in self._states), strict=True)
        return [np.concatenate([np.asarray(p) for p in parts])[: self._count] for parts in blocks]
