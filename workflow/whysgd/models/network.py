"""A network of R replicas as a pure function of its parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.base.randomness import Purpose, generator
from whysgd.models.builder import ReplicatedNetwork
from whysgd.spec.networks import (
    Activation,
    Blueprint,
    Initialization,
    NetworkSettings,
    parse_architecture,
)
from whysgd.spec.networks.library import FAMILIES


class Outputs(NamedTuple):
    """What a network makes of a batch."""

    outputs: tf.Tensor  # (R, B, ...), before any softmax or sigmoid
    moments: list[tf.Tensor]  # (R, 2, channels) of the batch at every normalization, or as given
    carry: list[tf.Tensor]  # (R, B, units), states after the last token


class Network:
    """R replicas of one architecture; holds no parameter values.

    Attributes:
        blueprint: the parts of the network.
        weights: one for each parameter, in the order of all lists of parameters; of one replica,
            without the leading replica axis.
        dtype: of parameters and arithmetic.
    """

    def __init__(self, blueprint: Blueprint, replicas: int, dtype: str) -> None:
        """Declares the layers."""
        self.blueprint, self.weights, self.dtype = blueprint, blueprint.weights, dtype
        self._replicas = replicas
        with _no_values():
            self._layers = ReplicatedNetwork(blueprint, replicas, dtype)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Of all weights."""
        return tuple(weight.name for weight in self.weights)

    @property
    def parameter_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of all weights."""
        return tuple(weight.shape for weight in self.weights)

    @property
    def decayed(self) -> tuple[bool, ...]:
        """Which parameters weight decay acts on."""
        return tuple(weight.decays for weight in self.weights)

    @property
    def num_parameters(self) -> int:
        """Of one replica."""
        return self.blueprint.num_parameters

    @property
    def is_dense(self) -> bool:
        """Whether there are no layers with weights but dense ones."""
        return self.blueprint.is_dense

    def prefers_xla(self, device: str) -> bool:
        """Whether compiling with XLA pays on a device, "cpu" or "gpu".

        Measured on CPUs: it makes perceptrons 2 to 6 times faster and convolutions, which are
        oneDNN's otherwise, several times slower. On GPUs small networks are bound by launches,
        which XLA saves: assumed, not measured.
        """
        convolutional = any(len(shape) == 4 for shape in self.parameter_shapes)
        return device == "gpu" or not convolutional

    def initial_parameters(self, seeds: Sequence[int]) -> list[NDArray[np.floating]]:
        """Every weight from the distribution that it starts by.

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
        return [self._started(index, seeds) for index in range(len(self.weights))]

    def _started(self, index: int, seeds: Sequence[int]) -> NDArray[np.floating]:
        weight = self.weights[index]
        kind, size = weight.start.kind, weight.start.size
        values = np.full((len(seeds), *weight.shape), size, self.dtype)
        if kind != "constant":
            for seed in set(seeds):
                draw = generator(seed, Purpose.PARAMETERS, index)
                values[np.equal(seeds, seed)] = size * (
                    draw.standard_normal(weight.shape)
                    if kind == "normal"
                    else draw.uniform(-1, 1, weight.shape)
                )
        return values

    def logits(self, parameters: Sequence[tf.Tensor], images: tf.Tensor) -> tf.Tensor:
        """The networks' outputs before the softmax, twice differentiable in the parameters.

        Args:
            parameters: tensors (R, *shape).
            images: (R, B, height, width, channels), or (1, B, ...) where all replicas see the
                same; of static shape.

        Returns:
            (R, B, classes).
        """
        return self.outputs(parameters, images).outputs

    def outputs(
        self,
        parameters: Sequence[tf.Tensor],
        inputs: tf.Tensor,
        moments: Sequence[tf.Tensor] | None = None,
        carry: Sequence[tf.Tensor] | None = None,
    ) -> Outputs:
        """The networks' outputs, twice differentiable in the parameters.

        Args:
            parameters: tensors (R, *shape).
            inputs: (R, B, *input_shape), or (1, B, ...) where all replicas see the same; of static
                shape.
            moments: what to normalize by: means over batches of what such calls gave, for example
                over the training set; None: every ghost batch by its own statistics.
            carry: states to begin with, as such a call gave them; None: zeros.

        Raises:
            ValueError: a normalized network without `moments` on a batch that does not consist of
                ghost batches.
        """
        training = moments is None
        if moments is None:  # they are written, never read
            shapes = self.blueprint.moments
            moments = [tf.zeros((self._replicas, *shape), self.dtype) for shape in shapes]
        with _no_values():
            (outputs, carried), left = self._layers.stateless_call(
                list(parameters), list(moments), inputs, carry=carry, training=training
            )
        return Outputs(outputs, list(left), carried)


def build_network(
    name: str,
    *,
    input_shape: tuple[int, ...],
    num_classes: int,
    replicas: int,
    base_width: int = 16,
    activation: Activation | None = None,
    ghost_batch_size: int | None = None,
    initialization: Initialization = "he",
    dtype: str = "float32",
) -> Network:
    """R replicas of the named architecture.

    Args:
        name: "mlp-64-64-64" (hidden widths) or "wrn-10-1" (depth, width), any numbers; all forms
            are those of `whysgd.spec.networks.library`.
        input_shape: height, width, channels of an image; the number of tokens in a text's window.
        num_classes: outputs; the size of a text's vocabulary.
        replicas: how many networks side by side (R).
        base_width: channels of a Wide-ResNet's stem; its `width` multiplies them.
        activation: of hidden layers; None: what the family is known with, mostly ReLU. The theory
            needs a smooth one.
        ghost_batch_size: examples that batch normalization takes statistics of; None: no
            normalization.
        initialization: how kernels and biases start.
        dtype: of parameters and arithmetic.

    Raises:
        ValueError: the name is not of a known form, or the architecture does not go with the rest.
    """
    settings = NetworkSettings(
        input_shape, num_classes, base_width, activation, ghost_batch_size, initialization
    )
    blueprint = parse_architecture(name, FAMILIES).blueprint(settings)
    return Network(blueprint, replicas, dtype)


def _no_values() -> keras.StatelessScope:
    """A scope in which Keras declares weights without allocating them.

    Seven replicas of a 784-4096-4096-4096-10 perceptron are 1 GB, which would otherwise lie
    beside the parameters in use. Calls need the scope too: leaving the one that Keras opens for
    a stateless call makes up for all values that are missing, unless there is one around it.
    """
    return keras.StatelessScope(initialize_variables=False)
