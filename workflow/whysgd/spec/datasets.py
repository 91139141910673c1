"""Which images a run sees."""

from pydantic import Field, PositiveInt, model_validator

from whysgd.base.powers import ExactInteger
from whysgd.base.record import Frozen
from whysgd.spec.sources import DATASETS, OWN_FILE


class DatasetSpec(Frozen):
    """Which images a run sees."""

    source: str = Field(description="name of a known data set, or npz: a file of one's own")
    num_train: int = Field(gt=0, description="training images, drawn by split_seed")
    num_test: int = Field(gt=0, description="test images, drawn by split_seed")
    split_seed: ExactInteger = Field(0, ge=0, description="seed of the split and of the subsets")
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
