"""A network of R replicas as a pure function of its parameters."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.models.architectures import build_model
from whysgd.randomness import Purpose, generator


class Network:
    """R replicas of one architecture; holds no parameter values.

    Attributes:
        parameter_names: one for each parameter, in the order of all lists of parameters.
        parameter_shapes: of one replica, without the leading replica axis.
        decayed: which parameters weight decay acts on: the kernels.
    """

    def __init__(self, model: keras.Model, replicas: int, dtype: str) -> None:
        """Wraps a built Keras model."""
        self._model, self._replicas, self._dtype = model, replicas, dtype
        weights = model.trainable_variables
        self.parameter_names = tuple(weight.path for weight in weights)
        self.parameter_shapes = tuple(tuple(weight.shape[1:]) for weight in weights)
        self.decayed = tuple(weight.name == "kernel" for weight in weights)

    @property
    def num_parameters(self) -> int:
        """Of one replica."""
        return sum(math.prod(shape) for shape in self.parameter_shapes)

    def prefers_xla(self, device: str) -> bool:
        """Whether compiling with XLA pays on a device, "cpu" or "gpu" (measured: docs)."""
        convolutional = any(len(shape) == 4 for shape in self.parameter_shapes)
        return device == "gpu" or not convolutional

    def initial_parameters(self, seeds: Sequence[int]) -> list[NDArray[np.floating]]:
        """Kernels from N(0, 2 / fan_in) (He et al. 2015), all else zero.

        Args:
            seeds: one for each replica; replica r depends on seeds[r] alone.

        Returns:
            Arrays (R, *shape), in the order of `parameter_names`.
        """
        parameters = []
        for index, (shape, kernel) in enumerate(
            zip(self.parameter_shapes, self.decayed, strict=True)
        ):
            values = np.zeros((len(seeds), *shape), self._dtype)
            if kernel:
                deviation = math.sqrt(2 / math.prod(shape[:-1]))
                for seed in set(seeds):
                    draw = generator(seed, Purpose.PARAMETERS, index).standard_normal(shape)
                    values[[s == seed for s in seeds]] = deviation * draw
            parameters.append(values)
        return parameters

    def logits(self, parameters: Sequence[tf.Tensor], images: tf.Tensor) -> tf.Tensor:
        """The networks' outputs before the softmax.

        Args:
            parameters: tensors (R, *shape).
            images: (R, B, height, width, channels); (1, B, ...) where all replicas see the same.

        Returns:
            (R, B, classes).
        """
        outputs, _ = self._model.stateless_call(list(parameters), [], images)
        return outputs


def build_network(
    name: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    replicas: int,
    base_width: int = 16,
    dtype: str = "float32",
) -> Network:
    """R replicas of the named architecture.

    Args:
        name: "mlp-64-64-64" (hidden widths) or "wrn-10-1" (depth, width), any numbers.
        input_shape: height, width, channels of an image.
        num_classes: outputs.
        replicas: how many networks side by side (R).
        base_width: channels of a Wide-ResNet's stem.
        dtype: of parameters and arithmetic.

    Raises:
        ValueError: the name is not of a known form.
    """
    with _default_dtype(dtype):
        model = build_model(name, num_classes, replicas, base_width)
        model(tf.zeros((replicas, 1, *input_shape), dtype))
    return Network(model, replicas, dtype)


@contextmanager
def _default_dtype(dtype: str) -> Iterator[None]:
    """Layers made within have this dtype."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
