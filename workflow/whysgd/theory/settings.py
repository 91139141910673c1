"""What the theory study computes at a scale: the `theory` section of a scale file."""

import math
from collections.abc import Mapping
from itertools import pairwise

from pydantic import Field, model_validator

from whysgd.base.powers import ExactInteger, Integers, Number, Numbers
from whysgd.config.sections import Section
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.networks import ModelName

MOST_ENUMERATED = 6  # minibatches of which all orders are run: 720
MOST_REPLACED = 5  # minibatches of which all sequences with replacement are run: 3125
# The next term of the modified flow takes (m^2 + m) third derivatives at every point.
MOST_SECOND_ORDER = 8
_MOST_STABLE = 2.0  # learning_rate * sharpness beyond which updates grow: |1 - x| > 1


class TheorySettings(Section):
    """Problems and step sizes of the theory study.

    Step sizes are given as updates * learning_rate * sharpness, the sharpness being the largest
    Hessian eigenvalue of any minibatch's loss at the start: how far an epoch goes along the
    direction of largest curvature, relative to where the expansion ends.
    """

    dataset: str = Field(description="a key of `datasets`; its first training images are used")
    seed: ExactInteger = Field(
        0, ge=0, description="of random losses, initial parameters and orders"
    )
    scaled_steps: Numbers = Field(
        (2.0**-9, 2.0**-8, 2.0**-7, 2.0**-6, 2.0**-5, 2.0**-4),
        description="step sizes at which orders of accuracy are fitted",
    )
    cubic_parameters: int = Field(6, gt=1, description="parameters of a random cubic loss")
    cubic_batches: Integers = Field(
        (1, 4, 6), description="minibatches of the random cubic losses, all orders enumerated"
    )
    sampled_batches: int = Field(
        12, gt=0, description="minibatches where orders are sampled, not one of cubic_batches"
    )
    sampled_pairs: int = Field(512, gt=1, description="sampled orders; each comes with its reverse")
    batch_size: int = Field(4, gt=0, description="images in a minibatch of the networks")
    num_batches: int = Field(
        4,
        gt=1,
        lt=MOST_REPLACED + 1,
        description="minibatches of the networks; all orders and sequences are enumerated",
    )
    hidden_units: int = Field(8, gt=0, description="of the tanh and ReLU perceptrons")
    convolutional_model: ModelName = Field("wrn-10-1", description="trained with tanh units")
    base_width: int = Field(2, gt=0, description="channels of the convolutional network's stem")
    updates_per_batch: Integers = Field((1, 2, 4, 8), description="n of n-step SGD")
    gaussian_pairs: int = Field(
        4096, gt=1, description="runs of eq. 23; each comes with one of opposite noise"
    )
    norm_model: ModelName = Field(
        "mlp-64-64-64", description="ReLU network whose gradient norms are measured"
    )
    norm_images: int = Field(320, gt=1, description="images that its batches are drawn from")
    norm_batch_size: int = Field(8, gt=0, description="of its training, a divisor of norm_images")
    norm_learning_rate: Number = Field(2.0**-4, gt=0, description="of its training")
    norm_epochs: Integers = Field((0, 2, 8, 32), description="epochs after which it is measured")
    norm_batches: int = Field(4000, gt=1, description="batches drawn for each size and epoch")
    validity_batches: Integers = Field(
        (1, 2, 4, 8, 16, 32, 64), description="minibatches of an epoch, at fixed learning rates"
    )
    validity_steps: Numbers = Field(
        (2.0**-6, 2.0**-4, 2.0**-2, 2.0**0, 2.0**1), description="those rates, times the sharpness"
    )
    validity_pairs: int = Field(128, gt=1, description="orders sampled, each with its reverse")
    planar_runs: int = Field(200, gt=1, description="runs of SGD from between two minima")
    kinked_steps: Numbers = Field(
        tuple(2.0**k for k in range(-12, 1)), description="step sizes for the ReLU network"
    )

    @model_validator(mode="after")
    def _positive(self) -> "TheorySettings":
        keys = ("scaled_steps", "kinked_steps", "cubic_batches", "updates_per_batch")
        for key in (*keys, "validity_batches", "validity_steps"):
            if min(getattr(self, key)) <= 0:
                raise ValueError(f"`{key}` must be positive")
        if self.norm_images % self.norm_batch_size:
            raise ValueError("`norm_batch_size` must divide `norm_images`")
        if min(self.norm_epochs) < 0:
            raise ValueError("`norm_epochs` must not be negative")
        for epoch, following in pairwise(self.norm_epochs):
            if following <= epoch:
                raise ValueError(f"`norm_epochs` must increase: {following} follows {epoch}")
        if len(self.scaled_steps) < 3:
            raise ValueError("`scaled_steps`: a slope needs at least 3 points")
        return self

    @model_validator(mode="after")
    def _batches_can_be_run_and_drawn(self) -> "TheorySettings":
        largest = max(self.cubic_batches)
        if largest > MOST_ENUMERATED:
            raise ValueError(
                f"`cubic_batches` must be at most {MOST_ENUMERATED}, not {largest}: "
                f"{math.factorial(largest)} orders are too many to enumerate"
            )
        # The figure of the main result shows gradient descent, and the largest of the others.
        if 1 not in self.cubic_batches or largest == 1:
            raise ValueError("`cubic_batches` must hold 1, for gradient descent, and a larger one")
        if self.sampled_batches in self.cubic_batches:
            raise ValueError(
                f"`sampled_batches` = {self.sampled_batches} is one of `cubic_batches`, whose "
                "orders are all enumerated"
            )
        if min(self.validity_batches) > MOST_SECOND_ORDER:
            raise ValueError(
                f"`validity_batches`: one must be at most {MOST_SECOND_ORDER}, for the flow with "
                "the next term"
            )
        return self

    @model_validator(mode="after")
    def _steps_are_stable(self) -> "TheorySettings":
        # One of the random cubics has a single update in an epoch.
        updates = {"scaled_steps": 1, "kinked_steps": self.num_batches, "validity_steps": 1}
        for key, count in updates.items():
            largest = max(getattr(self, key))
            if largest > _MOST_STABLE * count:
                raise ValueError(
                    f"`{key}` must be at most {_MOST_STABLE * count:g}, not {largest:g}: beyond, "
                    "updates grow along the direction of largest curvature"
                )
        return self

    @property
    def num_images(self) -> int:
        """Training images that the study reads."""
        batches = max(self.num_batches, *self.validity_batches)
        return max(self.batch_size * batches, self.norm_images)

    def check_datasets(self, datasets: Mapping[str, DatasetSpec]) -> None:
        """Refuses a data set that does not exist, or has too few images.

        Raises:
            ValueError: naming the key.
        """
        if self.dataset not in datasets:
            raise ValueError(f"dataset: unknown {self.dataset!r}; known: {', '.join(datasets)}")
        there = datasets[self.dataset].num_train
        if self.num_images > there:
            raise ValueError(
                f"dataset: {self.num_images} images are needed, and {self.dataset} has {there} "
                "for training"
            )
