"""JAX: `vmap` over members, `scan` over minibatches, `jit` around both.

On a processor, XLA's convolutions are some 25 times slower inside a loop (jax-ml/jax issue
12868), so that convolutional networks are at their best with one compiled minibatch a call.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from whysgd.benchmarks.problem import Array, Problem
from whysgd.spec.networks import PerceptronShape, WideResNetShape, parse_architecture
from whysgd.spec.program import Program

Parameters = dict[str, Any]  # by the names of our parameters
Minibatch = Callable[..., Parameters]
Training = Callable[[Parameters, Any, tuple[Any, ...]], Parameters]


class Block(NamedTuple):
    """Members that are trained at once."""

    parameters: Parameters  # (R, *shape)
    order: Any  # (T, R, B)
    rates: Any  # (R,)
    coefficients: Any  # (R,)


class JaxScan:
    """All members at once, or in equal blocks of them."""

    def __init__(self, problem: Problem, *, members_at_once: int, scan: bool) -> None:
        """Compiles nothing yet."""
        self._problem, self._at_once = problem, members_at_once
        self._data = jnp.asarray(problem.images), jnp.asarray(problem.labels)
        self._train = (_scanned if scan else _looped)(partial(_minibatch, problem.program))
        self._blocks: list[Block] = []

    def start(self, members: Sequence[int]) -> None:
        """Puts the chosen members at their initial parameters."""
        problem, self._blocks = self._problem, []
        for first in range(0, len(members), self._at_once):
            block = members[first : first + self._at_once]
            values = map(jnp.asarray, problem.initial_parameters(block))
            parameters = dict(zip(problem.parameter_names, values, strict=True))
            rates = jnp.asarray(problem.learning_rates(block))
            coefficients = jnp.asarray(problem.reg_coefficients(block))
            self._blocks.append(Block(parameters, problem.order(block), rates, coefficients))

    def train(self, minibatches: int) -> None:
        """Trains on the first so many minibatches."""
        for place, (parameters, order, *rest) in enumerate(self._blocks):
            trained = self._train(parameters, order[:minibatches], (*rest, *self._data))
            self._blocks[place] = self._blocks[place]._replace(parameters=trained)
        jax.block_until_ready([block.parameters for block in self._blocks])

    def parameters(self) -> list[Array]:
        """Where the members are now, arrays (R, *shape)."""
        return [
            np.concatenate([np.asarray(block.parameters[name]) for block in self._blocks])
            for name in self._problem.parameter_names
        ]


def _scanned(minibatch: Minibatch) -> Training:
    """The loop over minibatches inside the compiled program."""

    def train(parameters: Parameters, order: Any, rest: tuple[Any, ...]) -> Parameters:
        trained: Parameters = jax.lax.scan(
            lambda w, chosen: (minibatch(w, chosen, *rest), None), parameters, order
        )[0]
        return trained

    return jax.jit(train)  # type: ignore[no-any-return]


def _looped(minibatch: Minibatch) -> Training:
    """The loop over minibatches outside."""
    compiled = jax.jit(minibatch, donate_argnums=0)

    def train(parameters: Parameters, order: Any, rest: tuple[Any, ...]) -> Parameters:
        for chosen in order:
            parameters = compiled(parameters, chosen, *rest)
        return parameters

    return train


def _minibatch(
    program: Program,
    parameters: Parameters,
    chosen: Any,
    rates: Any,
    coefficients: Any,
    images: Any,
    labels: Any,
) -> Parameters:
    """Parameters (R, *shape) after all updates on the examples `chosen` (R, B)."""

    def loss(w: Parameters, x: Any, y: Any) -> Any:
        scores = jax.nn.log_softmax(_logits(program.model, w, x))
        return -jnp.take_along_axis(scores, y[:, jnp.newaxis], 1).mean()

    def modified_loss(w: Parameters, x: Any, y: Any, coefficient: Any) -> Any:
        if program.penalty is None:
            return loss(w, x, y)
        value, gradients = jax.value_and_grad(loss)(w, x, y)
        return value + coefficient / 4 * sum(jnp.sum(g**2) for g in gradients.values())

    def of_member(w: Parameters, examples: Any, rate: Any, coefficient: Any) -> Parameters:
        x, y = images[examples], labels[examples]
        for _ in range(program.updates_per_batch):
            gradients = jax.grad(modified_loss)(w, x, y, coefficient)
            w = {name: value - rate * gradients[name] for name, value in w.items()}
        return w

    updated: Parameters = jax.vmap(of_member)(parameters, chosen, rates, coefficients)
    return updated


def _logits(model: str, w: Parameters, images: Any) -> Any:
    """Outputs of one member's network, images (B, height, width, channels) -> (B, classes)."""
    shape = parse_architecture(model)
    if isinstance(shape, PerceptronShape):
        x = images.reshape(len(images), -1)
        for number in range(1, len(shape.widths) + 1):
            x = jax.nn.relu(x @ w[f"dense{number}/kernel"] + w[f"dense{number}/bias"])
        last = f"dense{len(shape.widths) + 1}"
        return x @ w[f"{last}/kernel"] + w[f"{last}/bias"]

    assert isinstance(shape, WideResNetShape)

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
