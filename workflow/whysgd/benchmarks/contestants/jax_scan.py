"""JAX: `vmap` over members, `scan` over minibatches, `jit` around both."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from whysgd.architecture import PerceptronShape, parse_architecture
from whysgd.benchmarks.problem import Array, Problem
from whysgd.spec import Program

Parameters = dict[str, Any]  # of one member, by the names of our parameters


class JaxScan:
    """All members at once, or in equal blocks of them, compiled together with the loop."""

    def __init__(self, problem: Problem, *, members_at_once: int) -> None:
        """Compiles nothing yet."""
        self._problem, self._at_once = problem, members_at_once
        self._images, self._labels = jnp.asarray(problem.images), jnp.asarray(problem.labels)
        self._train = jax.jit(partial(_train, problem.program))
        self._blocks: list[tuple[Parameters, Any, Any, Any]] = []

    def start(self, members: Sequence[int]) -> None:
        """Puts the chosen members at their initial parameters."""
        self._blocks = []
        for first in range(0, len(members), self._at_once):
            block = members[first : first + self._at_once]
            values = map(jnp.asarray, self._problem.initial_parameters(block))
            parameters = dict(zip(self._problem.parameter_names, values, strict=True))
            rates = jnp.asarray(self._problem.learning_rates(block))
            coefficients = jnp.asarray(self._problem.reg_coefficients(block))
            self._blocks.append((parameters, self._problem.order(block), rates, coefficients))

    def train(self, minibatches: int) -> None:
        """Trains on the first so many minibatches."""
        self._blocks = [
            (
                self._train(
                    parameters, order[:minibatches], rates, coefficients, self._images, self._labels
                ),
                order,
                rates,
                coefficients,
            )
            for parameters, order, rates, coefficients in self._blocks
        ]
        jax.block_until_ready([block[0] for block in self._blocks])

    def parameters(self) -> list[Array]:
        """Where the members are now, arrays (R, *shape)."""
        return [
            np.concatenate([np.asarray(block[0][name]) for block in self._blocks])
            for name in self._problem.parameter_names
        ]


def _train(
    program: Program,
    parameters: Parameters,
    order: Any,
    rates: Any,
    coefficients: Any,
    images: Any,
    labels: Any,
) -> Parameters:
    """Parameters (R, *shape) after the minibatches of `order` (T, R, B)."""

    def loss(w: Parameters, x: Any, y: Any) -> Any:
        scores = jax.nn.log_softmax(_logits(program.model, w, x))
        return -jnp.take_along_axis(scores, y[:, jnp.newaxis], 1).mean()

    def modified_loss(w: Parameters, x: Any, y: Any, coefficient: Any) -> Any:
        if program.penalty == "none":
            return loss(w, x, y)
        value, gradients = jax.value_and_grad(loss)(w, x, y)
        return value + coefficient / 4 * sum(jnp.sum(g**2) for g in gradients.values())

    def minibatch(w: Parameters, chosen: Any, rate: Any, coefficient: Any) -> Parameters:
        x, y = images[chosen], labels[chosen]
        for _ in range(program.updates_per_batch):
            gradients = jax.grad(modified_loss)(w, x, y, coefficient)
            w = {name: value - rate * gradients[name] for name, value in w.items()}
        return w

    def step(w: Parameters, chosen: Any) -> tuple[Parameters, None]:
        return jax.vmap(minibatch)(w, chosen, rates, coefficients), None

    trained: Parameters = jax.lax.scan(step, parameters, order)[0]
    return trained


def _logits(model: str, w: Parameters, images: Any) -> Any:
    """Outputs of one member's network, images (B, height, width, channels) -> (B, classes)."""
    shape = parse_architecture(model)
    if isinstance(shape, PerceptronShape):
        x = images.reshape(len(images), -1)
        for number in range(1, len(shape.widths) + 1):
            x = jax.nn.relu(x @ w[f"dense{number}/kernel"] + w[f"dense{number}/bias"])
        last = f"dense{len(shape.widths) + 1}"
        return x @ w[f"{last}/kernel"] + w[f"{last}/bias"]

    def convolution(name: str, x: Any, stride: int = 1) -> Any:
        kernel, layout = w[f"{name}/kernel"], ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(
            x, kernel, (stride, stride), "SAME", dimension_numbers=layout
        )
        return y + w[f"{name}/bias"]

    x = convolution("stem", images)
    for group in range(3):
        for block in range(shape.blocks_per_group):
            name, stride = f"group{group + 1}_block{block + 1}", 2 if group and not block else 1
            activated = jax.nn.relu(x)
            branch = jax.nn.relu(convolution(f"{name}/branch1", activated, stride))
            branch = convolution(f"{name}/branch2", branch) * w[f"{name}/scale/factor"]
            if f"{name}/shortcut/kernel" in w:
                x = convolution(f"{name}/shortcut", activated, stride)
            x = x + branch
    return jax.nn.relu(x).mean((1, 2)) @ w["output/kernel"] + w["output/bias"]
