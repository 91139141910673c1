"""What is trained: programs, members and ensembles, and the names of their runs.

A *program* is the static configuration, all that shapes the compiled code. A *member* is one
run of it. An *ensemble* is a program and the members that one job trains together.
"""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

from whysgd.architecture import PerceptronShape, parse_architecture
from whysgd.data.catalog import DATASETS, OWN_FILE
from whysgd.powers import Number


def _known_model(name: str) -> str:
    parse_architecture(name)
    return name


ModelName = Annotated[str, AfterValidator(_known_model)]


class Frozen(BaseModel):
    """Base of all configuration records: immutable, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )


class DatasetSpec(Frozen):
    """Which images a run sees."""

    source: str = Field(description="name of a known data set, or npz: a file of one's own")
    num_train: int = Field(gt=0, description="training images, drawn by split_seed")
    num_test: int = Field(gt=0, description="test images, drawn by split_seed")
    split_seed: int = Field(0, ge=0, description="seed of the split and of the subsets")
    downsample: int = Field(
        1, gt=0, description="means of downsample x downsample pixels replace them"
    )
    path: str | None = Field(None, description="npz only: the file, relative to the working folder")
    # These two are known by other means for other sources, hence the properties of their names.
    own_image_shape: tuple[PositiveInt, PositiveInt, PositiveInt] | None = Field(
        None, alias="image_shape", description="npz only: [height, width, channels] in the file"
    )
    own_num_classes: int | None = Field(
        None, alias="num_classes", gt=1, description="npz only: labels are 0 to num_classes - 1"
    )

    @model_validator(mode="after")
    def _known_and_large_enough(self) -> "DatasetSpec":
        known = {*DATASETS, OWN_FILE}
        if self.source not in known:
            raise ValueError(f"unknown data set {self.source!r}; known: {', '.join(sorted(known))}")
        self._check_own_keys()
        if self.source in DATASETS:
            DATASETS[self.source].check_sizes(self.num_train, self.num_test)
        height, width, _ = self.published_image_shape
        if height % self.downsample or width % self.downsample:
            raise ValueError(
                f"`downsample` = {self.downsample} does not divide the sides of "
                f"{height} x {width} images"
            )
        return self

    def _check_own_keys(self) -> None:
        keys = {
            "path": self.path,
            "image_shape": self.own_image_shape,
            "num_classes": self.own_num_classes,
        }
        for key, value in keys.items():
            if self.source == OWN_FILE and value is None:
                raise ValueError(f"`{key}` is missing: source {OWN_FILE} needs it")
            if self.source != OWN_FILE and value is not None:
                raise ValueError(f"`{key}` is for source {OWN_FILE} only, not {self.source}")

    @property
    def published_image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the source's images."""
        return self.own_image_shape or DATASETS[self.source].image_shape

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that networks see."""
        height, width, channels = self.published_image_shape
        return height // self.downsample, width // self.downsample, channels

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return self.own_num_classes or DATASETS[self.source].num_classes


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
        dense = isinstance(parse_architecture(self.model), PerceptronShape)
        if self.penalty and self.penalty.method == "factored" and not dense:
            raise ValueError(f"penalty.method: `factored` is for perceptrons, not {self.model}")
        return self

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
        step = self.num_minibatches / self.num_evaluations
        between = (round(place * step) for place in range(self.num_evaluations))
        return sorted({*between, self.num_minibatches})

    @property
    def num_epochs(self) -> float:
        """Passes over the training set in all; may be fractional."""
        return self.num_minibatches / self.minibatches_per_epoch


class Member(Frozen):
    """One run of a program."""

    learning_rate: float = Field(gt=0, description="the paper's epsilon; alpha in n-step SGD")
    reg_coefficient: float = Field(ge=0, description="the paper's lambda")
    seed: int = Field(ge=0)


class Ensemble(Frozen):
    """A program and the members that one job trains together."""

    program: Program
    members: tuple[Member, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Ensemble":
        if len(set(self.members)) < len(self.members):
            raise ValueError("the same member twice in one ensemble")
        if self.program.penalty is None and any(m.reg_coefficient for m in self.members):
            raise ValueError("a member with reg_coefficient > 0 needs a penalty")
        return self

    @property
    def run_id(self) -> str:
        """Folder name of the ensemble's results: a readable prefix and a hash of everything."""
        program = self.program
        dataset = f"{program.dataset.source}-{program.dataset.num_train}"
        penalty = "" if program.penalty is None else f"-{program.penalty.method}"
        prefix = f"{program.model}-{dataset}-b{program.batch_size}-n{program.updates_per_batch}"
        return f"{prefix}-u{program.num_updates}{penalty}-{fingerprint(self)}"


class CheckpointPolicy(Frozen):
    """When a training job writes checkpoints, and how many it keeps; changes no result."""

    seconds: int = Field(
        60,
        gt=0,
        description="time between two checkpoints; longer where writing one takes "
        "more than 2 % of it",
    )
    epochs: int | None = Field(
        None, gt=0, description="passes over the data between two checkpoints, whatever the time"
    )
    keep: int = Field(2, gt=0, description="how many are kept, the newest")


def fingerprint(record: BaseModel) -> str:
    """First 10 hexadecimal digits of the SHA-256 of the record's canonical JSON."""
    text = json.dumps(record.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
