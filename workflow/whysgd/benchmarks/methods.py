"""What each method for the penalty's gradient costs, and how far off it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from whysgd.benchmarks.interleave import turns
from whysgd.benchmarks.problem import Problem
from whysgd.benchmarks.roster import OURS
from whysgd.benchmarks.rows import Workload, members_of, program_of
from whysgd.benchmarks.worker import Worker
from whysgd.data.prepare import prepared
from whysgd.data.standardize import standardized
from whysgd.models import build_network
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.networks import Activation
from whysgd.spec.program import Penalty
from whysgd.training.job.runtime import start_tensorflow
from whysgd.training.objective import loss_and_gradients, minibatch_loss
from whysgd.training.penalty import modified_loss_and_gradients

EXACT = tuple(Penalty(method=m) for m in ("double_backprop", "factored", "forward_over_reverse"))
RADII = (2.0**-1, 2.0**-4, 2.0**-7)
DIFFERENCES = tuple(
    Penalty(method=method, radius=radius)
    for method in ("forward_difference", "central_difference")
    for radius in RADII
)
# Networks on which the error is measured: (model, activation).
NETWORKS: tuple[tuple[str, Activation], ...] = (
    ("mlp-64-64-64", "relu"),
    ("wrn-10-1", "relu"),
    ("mlp-64-64-64", "tanh"),
    ("wrn-10-1", "tanh"),
)
_BATCH_SIZE, _BASE_WIDTH = 16, 8
_DESCENT_STEPS, _LEARNING_RATE = 20, 0.05  # away from where SkipInit's branches are switched off


def label(penalty: Penalty) -> str:
    """The method, with its radius if it has one."""
    return penalty.method if penalty.radius is None else f"{penalty.method} {penalty.radius:g}"


def measure_methods(cases: Sequence[tuple[Workload, int, int]], rounds: int) -> dict[str, Any]:
    """Processor seconds of training by each method, and errors in float32.

    Args:
        cases: workloads, how many of their members are trained, and on how many minibatches.
        rounds: timings of each.

    Returns:
        "costs": seconds of each round by row and method, "plain" among them; "errors": by
        network and method (see `penalty_errors`). Ready for JSON.
    """
    costs = {
        f"{workload.name}-{members}": _seconds(workload, members, minibatches, rounds)
        for workload, members, minibatches in cases
    }
    start_tensorflow(1)
    errors = {
        f"{model} {activation}": penalty_errors(model, activation) for model, activation in NETWORKS
    }
    return {"costs": costs, "errors": errors}


def penalty_errors(model: str, activation: Activation) -> dict[str, float]:
    """Relative error of each method's penalty gradient in float32, on one minibatch of digits.

    Returns:
        ||by the method in float32 - exactly in float64|| / ||exactly in float64||, after a few
        steps of gradient descent from the start.
    """
    parameters = _descended(model, activation)
    exact = _penalty_gradient(model, activation, parameters, Penalty(), "float64")
    dense = model.startswith("mlp")
    return {
        label(penalty): float(
            np.linalg.norm(
                _penalty_gradient(model, activation, parameters, penalty, "float32") - exact
            )
            / np.linalg.norm(exact)
        )
        for penalty in (*EXACT, *DIFFERENCES)
        if dense or penalty.method != "factored"
    }


def _seconds(
    workload: Workload, members: int, minibatches: int, rounds: int
) -> dict[str, list[float]]:
    """Of training the first members of a workload, by method."""
    dense = workload.model.startswith("mlp")
    # The radius changes no operation.
    penalties = [
        p for p in (*EXACT, *DIFFERENCES[:: len(RADII)]) if dense or p.method != "factored"
    ]
    programs = {"plain": program_of(workload, "plain")}
    for penalty in penalties:
        programs[penalty.method] = programs["plain"].model_copy(update={"penalty": penalty})
    names = list(programs)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    worker = Worker(OURS)
    try:
        for name, program in programs.items():
            kind = "plain" if name == "plain" else "penalty"
            problem = Problem(program, members_of(workload, kind), (), Path())
            worker.call("choose", name, problem, {})
            worker.call("train", range(members), minibatches)  # compiles
        for order in turns(range(len(names)), rounds):
            for place in order:
                worker.call("take", names[place])
                timing = worker.call("train", range(members), minibatches)
                seconds[names[place]].append(timing.cpu_seconds)
    finally:
        worker.stop()
    return seconds


def _minibatch(dtype: str) -> tuple[tf.Tensor, tf.Tensor]:
    dataset = prepared(DatasetSpec(source="digits", num_train=320, num_test=320))
    images = standardized(dataset, "per_image", np.dtype(dtype))
    labels = dataset.y_train[:_BATCH_SIZE]
    return tf.constant(images[np.newaxis, :_BATCH_SIZE]), tf.constant(labels[np.newaxis])


def _network(model: str, activation: Activation, dtype: str) -> Any:
    return build_network(
        model,
        input_shape=(8, 8, 1),
        num_classes=10,
        replicas=1,
        base_width=_BASE_WIDTH,
        activation=activation,
        dtype=dtype,
    )


def _descended(model: str, activation: Activation) -> list[NDArray[np.floating]]:
    network = _network(model, activation, "float64")
    loss_fn = minibatch_loss(network.logits, *_minibatch("float64"))
    parameters = [tf.constant(w) for w in network.initial_parameters([0])]
    for _ in range(_DESCENT_STEPS):
        _, gradients = loss_and_gradients(loss_fn, parameters)
        parameters = [w - _LEARNING_RATE * g for w, g in zip(parameters, gradients, strict=True)]
    return [w.numpy() for w in parameters]


def _penalty_gradient(
    model: str,
    activation: Activation,
    parameters: Sequence[NDArray[np.floating]],
    penalty: Penalty,
    dtype: str,
) -> NDArray[np.floating]:
    """Gradient of C_mod with lambda = 1 less that of C, all parameters as one vector."""
    network = _network(model, activation, dtype)
    loss_fn = minibatch_loss(network.logits, *_minibatch(dtype))
    tensors = [tf.constant(w, dtype) for w in parameters]

    def difference(tensors: list[tf.Tensor]) -> tf.Tensor:
        _, plain = loss_and_gradients(loss_fn, tensors)
        _, modified = modified_loss_and_gradients(loss_fn, tensors, tf.ones(1, dtype), penalty)
        return tf.concat([tf.reshape(m - p, [-1]) for m, p in zip(modified, plain, strict=True)], 0)

    compiled = tf.function(difference, jit_compile=network.prefers_xla("cpu"), autograph=False)
    return np.asarray(compiled(tensors), np.float64)
