"""The same training written in JAX, where it is installed (as `make benchmark` does).

Nothing of ours is used there but the initial parameters, the order of the examples and the images:
its loss, its penalty and its update are plain NumPy-like JAX in float64, one member at a time. That
the two agree to rounding is the evidence that no formula of ours is wrong alike in code and tests.
"""

import numpy as np
import pytest

from tests.conftest import joined_parameters, make_ensemble, train_to
from whysgd.base.randomness import Purpose, generator
from whysgd.data.standardize import standardized
from whysgd.training.trainer import Trainer

jax = pytest.importorskip("jax")

MINIBATCHES = 12
# Rounding alone, of some thousand operations in float64 that are ordered differently.
TOLERANCE = 1e-12
# Small enough that nothing explodes, and rounding with it.
MEMBERS = ((0.03125, 0.25, 0), (0.0625, 0.0625, 3))
SETTINGS = [
    {},
    {"model": "linear"},
    {"model": "mlp-9-7-5"},
    {"updates_per_batch": 3},
    {"weight_decay": 0.01},
    {"schedule": {"kind": "halving", "start": 0.5, "every": 0.25}},
    {"batch_size": 7},
    {"penalty": {"method": "factored"}},
    {"penalty": {"method": "forward_over_reverse"}},
    {"weight_decay": 0.01, "penalty": {"includes_weight_decay": True}},
]


def loss(parameters, images, labels, weight_decay):
    """Mean cross-entropy of a ReLU perceptron, with the L2 term of its kernels, by definition."""
    numpy = jax.numpy
    x = images.reshape(len(images), -1)
    *hidden, last = list(zip(parameters[::2], parameters[1::2], strict=True))
    for kernel, bias in hidden:
        # With derivative 0 at 0, like TensorFlow's; that of `maximum` is 1/2. Units are exactly at
        # 0 where all those below them are dead and no bias has moved yet.
        x = jax.nn.relu(x @ kernel + bias)
    logits = x @ last[0] + last[1]
    chosen = logits[numpy.arange(len(labels)), labels]
    cross_entropy = (jax.scipy.special.logsumexp(logits, axis=1) - chosen).mean()
    return cross_entropy + weight_decay / 2 * sum((kernel**2).sum() for kernel in parameters[::2])


def modified_loss(parameters, images, labels, weight_decay, coefficient, penalizes_decay):
    """C + (lambda / 4) ||grad C||^2."""
    penalized = weight_decay if penalizes_decay else 0.0
    gradients = jax.grad(loss)(parameters, images, labels, penalized)
    norm = sum((gradient**2).sum() for gradient in gradients)
    return loss(parameters, images, labels, weight_decay) + coefficient / 4 * norm


def order_of(program, seed):
    """The training examples of each minibatch, epoch by epoch."""
    size, count = program.batch_size, program.dataset.num_train
    chosen = []
    for epoch in range(program.num_minibatches):
        order = generator(seed, Purpose.ORDER, epoch).permutation(count)
        chosen += [order[first : first + size] for first in range(0, count - size + 1, size)]
    return chosen[: program.num_minibatches]


def trained(ensemble, dataset, initial, member):
    """A member's parameters after its minibatches."""
    program = ensemble.program
    images = standardized(dataset, program.preprocessing, np.float64)
    gradient = jax.jit(jax.grad(modified_loss), static_argnums=(3, 5))
    rate, coefficient, seed = MEMBERS[member]
    penalizes_decay = program.penalty is not None and program.penalty.includes_weight_decay
    parameters = [jax.numpy.asarray(array[member]) for array in initial]
    for number, chosen in enumerate(order_of(program, seed)):
        factor = 1.0
        if program.schedule.kind == "halving":
            share = number / program.num_minibatches - program.schedule.start
            factor = 1.0 if share < 0 else 0.5 ** (1 + int(share / program.schedule.every + 1e-9))
        for _ in range(program.updates_per_batch):
            gradients = gradient(
                parameters,
                images[chosen],
                dataset.y_train[chosen],
                program.weight_decay,
                coefficient,
                penalizes_decay,
            )
            step = rate * factor
            parameters = [p - step * g for p, g in zip(parameters, gradients, strict=True)]
    return parameters


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_another_framework_trains_to_the_same_parameters(changes, dataset):
    changes = {"num_minibatches": MINIBATCHES, "penalty": {}} | changes
    ensemble = make_ensemble(*MEMBERS, **changes)
    trainer = Trainer(ensemble, dataset, "float64")
    start = trainer.initial_state()
    initial = joined_parameters(start, len(MEMBERS))
    ours = joined_parameters(train_to(trainer, start, 0, MINIBATCHES), len(MEMBERS))
    with jax.enable_x64(True):
        for member in range(len(MEMBERS)):
            theirs = trained(ensemble, dataset, initial, member)
            for array, other, before in zip(ours, theirs, initial, strict=True):
                assert np.abs(array[member] - before[member]).max() > 1e-3  # it has trained
                np.testing.assert_allclose(array[member], np.asarray(other), rtol=0, atol=TOLERANCE)
