"""What the tables are computed from: settings and images, and the problems made of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from whysgd.data.dataset import Dataset
from whysgd.data.standardize import standardized
from whysgd.theory.problems import NetworkShape, Problem, digits_problem, random_cubic
from whysgd.theory.settings import TheorySettings


@dataclass(frozen=True)
class TheoryInputs:
    """The settings of a scale and its prepared data set.

    Attributes:
        settings: of the study.
        dataset: the images.
        num_classes: of the data set, as its description in the scale has it.
    """

    settings: TheorySettings
    dataset: Dataset
    num_classes: int

    @cached_property
    def images(self) -> NDArray[np.float64]:
        """All training images, each standardized by itself as training does it, (N, h, w, c)."""
        images = standardized(self.dataset, "per_image", np.float64)
        return images[: len(self.dataset.y_train)].astype(np.float64)

    def cubic(self, num_batches: int) -> Problem:
        """A random cubic problem; another one for every number of minibatches."""
        return random_cubic(num_batches, self.settings.cubic_parameters, self.settings.seed)

    def network(self, name: str, shape: NetworkShape, num_batches: int | None = None) -> Problem:
        """A network on the first images, in the scale's number of minibatches or another."""
        m = self.settings.num_batches if num_batches is None else num_batches
        size = self.settings.batch_size
        images = self.images[: m * size].reshape(m, size, *self.images.shape[1:])
        labels = self.dataset.y_train[: m * size].reshape(m, size)
        return digits_problem(name, shape, images, labels, self.settings.seed)

    def logistic(self) -> Problem:
        """Logistic regression on digits."""
        return self.network(
            "logistic regression", NetworkShape("linear", num_classes=self.num_classes)
        )

    def perceptron(self, num_batches: int | None = None) -> Problem:
        """A tanh perceptron with one hidden layer on digits."""
        shape = NetworkShape(f"mlp-{self.settings.hidden_units}", num_classes=self.num_classes)
        return self.network("tanh perceptron", shape, num_batches)

    def convolutional(self) -> Problem:
        """A small Wide-ResNet with SkipInit on digits, with tanh units."""
        settings = self.settings
        shape = NetworkShape(
            settings.convolutional_model,
            base_width=settings.base_width,
            num_classes=self.num_classes,
        )
        return self.network("convolutional network", shape)

    def kinked(self) -> Problem:
        """The perceptron with ReLU units."""
        shape = NetworkShape(
            f"mlp-{self.settings.hidden_units}", "relu", num_classes=self.num_classes
        )
        return self.network("ReLU perceptron", shape)
