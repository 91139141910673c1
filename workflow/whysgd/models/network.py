"""A network of R replicas as a pure function of its parameters."""

import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.models.architectures import ReplicatedMLP, build_layers
from whysgd.spec.networks import Activation


class Network:
    """R replicas of one architecture; holds no parameter values.

    Attributes:
        parameter_names: one for each parameter, in the order of all lists of parameters.
        parameter_shapes: of one replica, without the leading replica axis.
        decayed: which parameters weight decay acts on: the kernels.
        is_dense: whether there are no layers but dense ones.
        dtype: of parameters and arithmetic.
    """

    def __init__(self, layers: keras.layers.Layer, replicas: int, dtype: str) -> None:
        """Wraps an architecture of replicated layers."""
        self._layers, self._replicas, self.dtype = layers, replicas, dtype
        weights = layers.trainable_variables
        self.parameter_names = tuple(weight.path for weight in weights)
        self.parameter_shapes = tuple(tuple(weight.shape[1:]) for weight in weights)
        self.decayed = tuple(weight.name == "kernel" for weight in weights)
        self.is_dense = isinstance(layers, ReplicatedMLP)

    @property
    def num_parameters(self) -> int:
        """Of one replica."""
        return sum(math.prod(shape) for shape in self.parameter_shapes)

    def prefers_xla(self, device: str) -> bool:
        """Whether compiling with XLA pays on a device, "cpu" or "gpu".

        Measured on CPUs: it makes perceptrons 2 to 6 times faster and convolutions, which are
        oneDNN's otherwise, several times slower. On GPUs small networks are bound by launches,
        which XLA saves: assumed, not measured.
        """
        convolutional = any(len(shape) == 4 for shape in self.parameter_shapes)
        return device == "gpu" or not convolutional

    def initial_parameters(self, seeds: Sequence[int]) -> list[NDArray[np.floating]]:
        """Kernels from N(0, 2 / fan_in) (He et al. 2015); biases and factors 0.

        Args:
            seeds: one for each replica. A replica's values are a function of its seed alone,
                equal in all precisions up to rounding.

        Returns:
            Arrays (R, *shape), in the order of `parameter_names`.

        Raises:
            ValueError: not as many seeds as replicas.
        """
        if len(seeds) != self._replicas:
            raise ValueError(f"{len(seeds)} seeds for {self._replicas} replicas")
        parameters = []
        for index, (shape, is_kernel) in enumerate(
            zip(self.parameter_shapes, self.decayed, strict=True)
        ):
            values = np.zeros((len(seeds), *shape), self.dtype)
            if is_kernel:
                deviation = math.sqrt(2 / math.prod(shape[:-1]))
                for seed in set(seeds):
                    draw = generator(seed, Purpose.PARAMETERS, index).standard_normal(shape)
                    values[np.equal(seeds, seed)] = deviation * draw
            parameters.append(values)
        return parameters

    def logits(self, parameters: Sequence[tf.Tensor], images: tf.Tensor) -> tf.Tensor:
        """The networks' outputs before the softmax, twice differentiable in the parameters.

        Args:
            parameters: tensors (R, *shape).
            images: (R, B, height, width, channels), or (1, B, ...) where all replicas see the
                same; of static shape.

        Returns:
            (R, B, classes).
        """
        with _no_values():
            outputs, _ = self._layers.stateless_call(list(parameters), [], images)
        return outputs


def build_network(
    name: str,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    replicas: int,
    base_width: int = 16,
    activation: Activation = "relu",
    dtype: str = "float32",
) -> Network:
    """R replicas of the named architecture.

    Args:
        name: "mlp-64-64-64" (hidden widths) or "wrn-10-1" (depth, width), any numbers; "linear".
        input_shape: height, width, channels of an image.
        num_classes: outputs.
        replicas: how many networks side by side (R).
        base_width: channels of a Wide-ResNet's stem; its `width` multiplies them.
        activation: of hidden layers; the papers' is ReLU, and the theory needs a smooth one.
        dtype: of parameters and arithmetic.

    Raises:
        ValueError: the name is not of a known form.
    """
    with _no_values():
        layers = build_layers(
            name,
            input_shape=input_shape,
            num_classes=num_classes,
            replicas=replicas,
            base_width=base_width,
            activation=activation,
            dtype=dtype,
        )
    return Network(layers, replicas, dtype)


def _no_values() -> keras.StatelessScope:
    """A scope in which Keras declares weights without allocating them.

    Seven replicas of a 784-4096-4096-4096-10 perceptron are 1 GB, which would otherwise lie
    beside the parameters in use. Calls need the scope too: leaving the one that Keras opens for
    a stateless call makes up for all values that are missing, unless there is one around it.
    """
    return keras.StatelessScope(initialize_variables=False)
