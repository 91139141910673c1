"""Shared builders."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import numpy as np
import pytest

from whysgd.data.dataset import Dataset
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble, Member
from whysgd.spec.program import Program

pytest_plugins = ("tests.shared_runs", "tests.tiers")

NUM_TRAIN, NUM_TEST = 22, 13


@pytest.fixture(scope="session", autouse=True)
def _tensorflow() -> None:
    """The settings that training runs with."""
    from whysgd.training.job.runtime import start_tensorflow

    start_tensorflow(1)


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """A few random 8x8 images; sizes that no batch size of the tests divides."""
    rng = np.random.default_rng(3)
    return Dataset(
        rng.integers(0, 17, (NUM_TRAIN, 8, 8, 1), np.uint8),
        rng.integers(0, 10, NUM_TRAIN, np.int32),
        rng.integers(0, 17, (NUM_TEST, 8, 8, 1), np.uint8),
        rng.integers(0, 10, NUM_TEST, np.int32),
    )


def make_program(**changes: object) -> Program:
    """A small program; keyword arguments replace its fields."""
    fields = {
        "dataset": DatasetSpec(source="digits", num_train=NUM_TRAIN, num_test=NUM_TEST),
        "model": "mlp-9-7",
        "base_width": 2,
        "batch_size": 4,
        "updates_per_batch": 1,
        "schedule": {"kind": "constant"},
        "num_minibatches": 12,
        "weight_decay": 0.0,
        "penalty": None,
        "preprocessing": "per_image",
        "augmentation": "none",
        "crop_padding": 2,
        "num_evaluations": 3,
        "c_reg": "final",
    }
    return Program.model_validate({**fields, **changes})


def make_ensemble(*members: tuple[float, float, int], **changes: object) -> Ensemble:
    """An ensemble of (learning_rate, reg_coefficient, seed) members of a small program."""
    return Ensemble(
        program=make_program(**changes),
        members=tuple(
            Member(learning_rate=rate, reg_coefficient=coefficient, seed=seed)
            for rate, coefficient, seed in members
        ),
    )


def final_parameters(ensemble: Ensemble, dataset: Dataset, dtype: str = "float32") -> list:
    """Trains an ensemble to the end of its budget; arrays (R, *shape)."""
    from whysgd.training.trainer import Trainer

    trainer = Trainer(ensemble, dataset, dtype)
    states = train_to(trainer, trainer.initial_state(), 0, ensemble.program.num_minibatches)
    return joined_parameters(states, len(ensemble.members))


def train_to(trainer, states: list, done: int, stop: int) -> list:
    """Trains from one minibatch up to another."""
    while done < stop:
        states, done = trainer.train(states, done, stop)
    return states


def joined_parameters(states: list, members: int) -> list:
    """Parameters of all blocks, without padding; arrays (R, *shape)."""
    return [
        np.concatenate([np.asarray(part) for part in parts])[:members]
        for parts in zip(*(state.parameters for state in states), strict=True)
    ]


@pytest.fixture(scope="session")
def kill_points(request: pytest.FixtureRequest) -> int:
    """How many random moments a run is killed at."""
    return request.config.getoption("--kill-points")
