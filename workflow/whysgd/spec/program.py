"""What is trained: a *program* is the static configuration, all that shapes the compiled code."""

from typing import Literal

from pydantic import Field, model_validator

from whysgd.base.powers import Number
from whysgd.base.record import Frozen
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.networks import Blueprint, ModelName, NetworkSettings, parse_architecture


class Schedule(Frozen):
    """Learning rate over training, as a factor of the run's learning rate."""

    kind: Literal["constant", "halving"] = Field(
        "constant", description="constant, or constant and then halved again and again"
    )
    start: float = Field(
        0.5, gt=0, lt=1, description="halving: fraction of training before the first halving"
    )
    every: float = Field(
        0.1, gt=0, lt=1, description="halving: fraction of training between halvings"
    )

    @model_validator(mode="after")
    def _constant_has_no_times(self) -> "Schedule":
        for key in ("start", "every"):
            if (
                self.kind == "constant"
                and getattr(self, key) != type(self).model_fields[key].default
            ):
                raise ValueError(f"`{key}` is for kind halving; kind is constant")
        return self


class Penalty(Frozen):
    """How the gradient of the explicit regularizer (lambda / 4) ||grad C||^2 is computed."""

    method: Literal[
        "double_backprop",
        "factored",
        "forward_over_reverse",
        "forward_difference",
        "central_difference",
    ] = Field(
        "double_backprop",
        description="the first three are exact, `factored` the fastest where all layers are "
        "dense; a difference of gradients is on networks with kinks (ReLU) another penalty: for "
        "ablations",
    )
    radius: Number | None = Field(
        None,
        gt=0,
        description="differences only: Euclidean distance between the two gradients' "
        "points and the parameters",
    )
    includes_weight_decay: bool = Field(
        False, description="whether the penalized gradient is that of the loss with its L2 term"
    )

    @model_validator(mode="after")
    def _radius_of_differences(self) -> "Penalty":
        if self.is_exact and self.radius is not None:
            raise ValueError(f"`radius` is for differences; {self.method} is exact")
        if not self.is_exact and self.radius is None:
            raise ValueError(f"{self.method} needs a `radius`, such as 2^-5")
        return self

    @model_validator(mode="after")
    def _gradient_of_layers_alone(self) -> "Penalty":
        if self.method == "factored" and self.includes_weight_decay:
            raise ValueError(
                "`factored` sees no weight decay: use double_backprop with includes_weight_decay"
            )
        return self

    @property
    def is_exact(self) -> bool:
        """Whether the method differentiates the penalty and not something near it."""
        return not self.method.endswith("_difference")


class Program(Frozen):
    """Static configuration of a training program. All that it leaves open is per member."""

    dataset: DatasetSpec
    model: ModelName = Field(description="network, e.g. mlp-64-64-64 (hidden widths) or wrn-10-1")
    base_width: int = Field(gt=0, description="channels of a Wide-ResNet's stem")
    batch_size: int = Field(gt=0, description="examples in a minibatch (the paper's B)")
    updates_per_batch: int = Field(gt=0, description="updates on each minibatch (the paper's n)")
    num_minibatches: int = Field(gt=0, description="minibatches seen in all; updates / n")
    schedule: Schedule
    weight_decay: float = Field(ge=0, description="coefficient of the L2 term, kernels only")
    penalty: Penalty | None = Field(description="of the explicit regularizer; null: there is none")
    preprocessing: Literal["per_image", "per_channel"] = Field(
        description="standardization: each image by itself, or channels by the training set"
    )
    augmentation: Literal["none", "crop", "crop_flip"] = Field(
        description="random crops of the padded image, and mirroring"
    )
    crop_padding: int = Field(ge=0, description="pixels of reflection around a cropped image")
    num_evaluations: int = Field(gt=0, description="evaluations after the one at the start")
    c_reg: Literal["final", "every"] = Field(
        description="at which evaluations the minibatch gradient norm is measured"
    )

    @model_validator(mode="after")
    def _crops_fit(self) -> "Program":
        height, width, _ = self.dataset.image_shape
        if self.augmentation != "none" and self.crop_padding >= min(height, width):
            raise ValueError(
                f"crop_padding = {self.crop_padding} must be less than the {height} x {width} image"
            )
        return self

    @model_validator(mode="after")
    def _weight_decay_to_include(self) -> "Program":
        if self.penalty and self.penalty.includes_weight_decay and not self.weight_decay:
            raise ValueError("penalty.includes_weight_decay: there is no `weight_decay`")
        return self

    @model_validator(mode="after")
    def _dense_if_factored(self) -> "Program":
        factored = self.penalty is not None and self.penalty.method == "factored"
        if factored and not self.blueprint.is_dense:
            raise ValueError(f"penalty.method: `factored` is for perceptrons, not {self.model}")
        return self

    @property
    def compiled_as(self) -> "Program":
        """The program that stands for all whose compiled code is the same.

        Budget, schedule and measurements are arguments of the compiled code, not parts of it.
        """
        return self.model_copy(
            update={
                "num_minibatches": 1,
                "num_evaluations": 1,
                "schedule": Schedule(),
                "c_reg": "final",
            }
        )

    @property
    def blueprint(self) -> Blueprint:
        """The network's parts, for the program's images."""
        settings = NetworkSettings(
            input_shape=self.dataset.image_shape,
            num_classes=self.dataset.num_classes,
            base_width=self.base_width,
        )
        return parse_architecture(self.model).blueprint(settings)

    @property
    def minibatches_per_epoch(self) -> int:
        """Whole minibatches in an epoch (the paper's m); the last N mod B examples are left out."""
        return self.dataset.num_train // self.batch_size

    @property
    def num_updates(self) -> int:
        """Parameter updates in all."""
        return self.num_minibatches * self.updates_per_batch

    @property
    def evaluation_minibatches(self) -> list[int]:
        """Numbers of minibatches after which a run is evaluated: 0, then evenly up to the end."""
        if self.num_evaluations >= self.num_minibatches:
            return list(range(self.num_minibatches + 1))
        step = self.num_minibatches / self.num_evaluations
        between = (round(place * step) for place in range(self.num_evaluations))
        return sorted({*between, self.num_minibatches})

    @property
    def num_epochs(self) -> float:
        """Passes over the training set in all; may be fractional."""
        return self.num_minibatches / self.minibatches_per_epoch
