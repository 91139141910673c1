"""How many operations and bytes an update needs: what there is to be fast at.

Imports no TensorFlow.
"""

import math
from dataclasses import dataclass

from whysgd.spec.networks import PerceptronShape, WideResNetShape, parse_architecture
from whysgd.spec.program import Program


@dataclass(frozen=True)
class Layer:
    """A dense layer or a convolution."""

    weights: int
    biases: int  # one for each unit or filter
    pixels: int  # that each filter is applied at; 1 for a dense layer

    @property
    def operations(self) -> int:
        """Of its outputs for one example: a multiplication and an addition a weight and pixel."""
        return 2 * self.weights * self.pixels

    @property
    def outputs(self) -> int:
        """Numbers that it makes of one example."""
        return self.biases * self.pixels


@dataclass(frozen=True)
class Cost:
    """What one update of one run needs; of its products alone, which are nearly all."""

    parameters: int
    plain: int  # floating-point operations
    penalty: int  # the same, of an update with the penalty
    plain_bytes: int  # of float32 parameters and gradients, read and written at least so often
    penalty_bytes: int


def update_cost(program: Program) -> Cost:
    """Operations and bytes of one update of one run.

    A layer's outputs, the gradient of its kernel and the gradient of its inputs take as many
    operations each, F: 3 F a plain update. Each is bilinear, so that differentiating a function
    of the gradients takes two more products for each of the three: 9 F with the penalty. The
    first layer's inputs need no gradient: 2 F and 4 F. Factored double backprop takes 6 F and 2 F
    (`whysgd.training.dense`), and products of the batch's size, which do not count here.

    Parameters are read forward and backward and rewritten by the update, at least 4 passes. The
    second differentiation reads parameters and gradients once more each in both directions, 8;
    factored, there are no gradients to read, 6.
    """
    first, *others = layers(program)
    forward = program.batch_size * first.operations
    later = program.batch_size * sum(layer.operations for layer in others)
    parameters = sum(layer.weights + layer.biases for layer in (first, *others))
    factored = program.penalty is not None and program.penalty.method == "factored"
    return Cost(
        parameters=parameters,
        plain=2 * forward + 3 * later,
        penalty=2 * forward + 6 * later if factored else 4 * forward + 9 * later,
        plain_bytes=4 * 4 * parameters,
        penalty_bytes=(6 if factored else 8) * 4 * parameters,
    )


def working_set(program: Program) -> int:
    """Numbers that one replica's update goes back to: parameters, and outputs of all layers."""
    found = layers(program)
    parameters = sum(layer.weights + layer.biases for layer in found)
    return parameters + program.batch_size * sum(layer.outputs for layer in found)


def layers(program: Program) -> list[Layer]:
    """All layers with kernels, from the inputs on."""
    shape = parse_architecture(program.model)
    dataset = program.dataset
    if isinstance(shape, PerceptronShape):
        sizes = [math.prod(dataset.image_shape), *shape.widths, dataset.num_classes]
        return [_dense(m, n) for m, n in zip(sizes, sizes[1:], strict=False)]
    return _wide_resnet(shape, dataset.image_shape, program.base_width, dataset.num_classes)


def _dense(inputs: int, units: int) -> Layer:
    return Layer(inputs * units, units, 1)


def _wide_resnet(
    shape: WideResNetShape, image_shape: tuple[int, int, int], base_width: int, classes: int
) -> list[Layer]:
    height, width, channels = image_shape
    pixels = height * width
    found = [_convolution(3, channels, base_width, pixels)]
    channels = base_width
    for group in range(3):
        filters = base_width * shape.widening * 2**group
        for block in range(shape.blocks_per_group):
            if group > 0 and block == 0:
                height, width = -(-height // 2), -(-width // 2)
                pixels = height * width
            found += [
                _convolution(3, channels, filters, pixels),
                _convolution(3, filters, filters, pixels),
            ]
            if channels != filters or (group > 0 and block == 0):
                found.append(_convolution(1, channels, filters, pixels))
            channels = filters
    return [*found, _dense(channels, classes)]


def _convolution(size: int, inputs: int, filters: int, pixels: int) -> Layer:
    return Layer(size * size * inputs * filters, filters, pixels)
