"""PyTorch: autograd with `create_graph=True`, members batched by hand.

Dense layers are batched matrix products; the convolutions of R networks are one convolution with
R groups, which is what `torch.func.vmap` makes of them too, without its cost at each call.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from whysgd.benchmarks.problem import Array, Problem
from whysgd.spec.networks import PerceptronShape, WideResNetShape, parse_architecture

Parameters = dict[str, Any]  # (R, *shape); convolutions' kernels (R, out, in, height, width)


class TorchAutograd:
    """All members at once, or in equal blocks of them, one update after the other."""

    def __init__(self, problem: Problem, *, members_at_once: int) -> None:
        """Moves the data over."""
        torch.set_num_threads(1)
        self._problem, self._at_once = problem, members_at_once
        self._images = torch.tensor(problem.images.transpose(0, 3, 1, 2))
        self._labels = torch.tensor(problem.labels, dtype=torch.int64)
        self._blocks: list[tuple[Parameters, Any, Any, Any]] = []

    def start(self, members: Sequence[int]) -> None:
        """Puts the chosen members at their initial parameters."""
        problem, self._blocks = self._problem, []
        for first in range(0, len(members), self._at_once):
            block = members[first : first + self._at_once]
            values = map(torch.tensor, map(_to_torch, problem.initial_parameters(block)))
            parameters = dict(zip(problem.parameter_names, values, strict=True))
            for value in parameters.values():
                value.requires_grad_(True)
            order = torch.tensor(problem.order(block), dtype=torch.int64)
            rates = torch.tensor(problem.learning_rates(block))
            coefficients = torch.tensor(problem.reg_coefficients(block))
            self._blocks.append((parameters, order, rates, coefficients))

    def train(self, minibatches: int) -> None:
        """Trains on the first so many minibatches."""
        for parameters, order, rates, coefficients in self._blocks:
            for chosen in order[:minibatches]:
                images, labels = self._images[chosen], self._labels[chosen]
                for _ in range(self._problem.program.updates_per_batch):
                    self._update(parameters, images, labels, rates, coefficients)

    def parameters(self) -> list[Array]:
        """Where the members are now, arrays (R, *shape)."""
        return [
            np.concatenate([_from_torch(block[0][name].detach().numpy()) for block in self._blocks])
            for name in self._problem.parameter_names
        ]

    def _update(self, w: Parameters, images: Any, labels: Any, rates: Any, lambdas: Any) -> None:
        logits = _logits(self._problem.program.model, w, images)  # (R, B, classes)
        scores = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        loss = scores.reshape(labels.shape).mean(1).sum()
        if self._problem.program.penalty is None:
            gradients = torch.autograd.grad(loss, list(w.values()))
        else:
            inner = torch.autograd.grad(loss, list(w.values()), create_graph=True)
            norms = sum(g.reshape(len(g), -1).square().sum(1) for g in inner)
            modified_loss = loss + (lambdas / 4 * norms).sum()
            gradients = torch.autograd.grad(modified_loss, list(w.values()))
        with torch.no_grad():
            for value, gradient in zip(w.values(), gradients, strict=True):
                value.addcmul_(gradient, rates.view(-1, *[1] * (value.ndim - 1)), value=-1)


def _to_torch(values: Array) -> Array:
    """Kernels (R, height, width, in, out) become (R, out, in, height, width)."""
    return np.ascontiguousarray(values.transpose(0, 4, 3, 1, 2)) if values.ndim == 5 else values


def _from_torch(values: Array) -> Array:
    return values.transpose(0, 3, 4, 2, 1) if values.ndim == 5 else values


def _logits(model: str, w: Parameters, images: Any) -> Any:
    """Outputs of R networks, images (R, B, channels, height, width) -> (R, B, classes)."""
    shape = parse_architecture(model)
    if isinstance(shape, PerceptronShape):
        # Flattened as (height, width, channels); here there is one channel.
        x = images.permute(0, 1, 3, 4, 2).flatten(2)
        for number in range(1, len(shape.widths) + 1):
            x = functional.relu(_dense(w, f"dense{number}", x))
        return _dense(w, f"dense{len(shape.widths) + 1}", x)
    assert isinstance(shape, WideResNetShape)
    replicas, batch_size = images.shape[:2]
    x = _convolution(w, "stem", images.transpose(0, 1).flatten(1, 2))  # (B, R * channels, h, w)
    for group in range(3):
        for block in range(shape.blocks_per_group):
            name, stride = f"group{group + 1}_block{block + 1}", 2 if group and not block else 1
            activated = functional.relu(x)
            branch = functional.relu(_convolution(w, f"{name}/branch1", activated, stride))
            branch = _convolution(w, f"{name}/branch2", branch)
            factor = w[f"{name}/scale/factor"].repeat_interleave(branch.shape[1] // replicas)
            if f"{name}/shortcut/kernel" in w:
                x = _convolution(w, f"{name}/shortcut", activated, stride)
            x = x + branch * factor[:, None, None]
    x = functional.relu(x).mean((2, 3)).reshape(batch_size, replicas, -1).transpose(0, 1)
    return _dense(w, "output", x)


def _dense(w: Parameters, name: str, x: Any) -> Any:
    return torch.baddbmm(w[f"{name}/bias"][:, None], x, w[f"{name}/kernel"])


def _convolution(w: Parameters, name: str, x: Any, stride: int = 1) -> Any:
    """R convolutions with TensorFlow's "same" padding, which strides make uneven."""
    kernel = w[f"{name}/kernel"]
    size = kernel.shape[-1]
    total = max((-(-x.shape[-1] // stride) - 1) * stride + size - x.shape[-1], 0)
    padding = total // 2
    if total % 2:
        x, padding = functional.pad(x, (padding, total - padding) * 2), 0
    return functional.conv2d(
        x,
        kernel.flatten(0, 1),
        w[f"{name}/bias"].flatten(),
        stride,
        padding,
        groups=len(kernel),
    )
