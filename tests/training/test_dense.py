"""Gradients from the factors of dense layers, against closed forms and plain differentiation."""

import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network
from whysgd.models.layers import ReplicatedDense
from whysgd.spec.program import Penalty
from whysgd.training.dense import dense_loss_and_gradients, dense_modified_loss_and_gradients
from whysgd.training.objective import loss_and_gradients, minibatch_loss
from whysgd.training.penalty import modified_loss_and_gradients

D = 4
COEFFICIENTS = np.array([0.0, 0.3, 2.0])
# Products of a few dozen terms in another order.
FLOAT64 = {"rtol": 1e-10, "atol": 1e-14}


@pytest.mark.parametrize("batch_size", [1, 3, 50])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("replicas", [1, 3])
def test_a_linear_model_by_hand(batch_size, shared, replicas):
    """(1/B) sum_b softplus(x_b . w + c): gradient and Hessian by hand.

    The batches are smaller and larger than where other ways to multiply become cheaper.
    """
    rng = np.random.default_rng(4)
    layer = ReplicatedDense(replicas, D, 1, name="dense", dtype="float64")
    images = rng.normal(size=(1 if shared else replicas, batch_size, D))
    kernel, bias = rng.normal(size=(replicas, D, 1)), rng.normal(size=(replicas, 1))
    coefficients = COEFFICIENTS[-replicas:]

    def loss_fn(parameters):
        outputs, _ = layer.stateless_call(parameters, [], tf.constant(images))
        return tf.reduce_mean(tf.math.softplus(outputs), (1, 2))

    parameters = [tf.constant(kernel), tf.constant(bias)]
    losses, plain = dense_loss_and_gradients(loss_fn, parameters)
    modified_losses, modified = dense_modified_loss_and_gradients(
        loss_fn, parameters, tf.constant(coefficients)
    )
    x = np.concatenate([images, np.ones((*images.shape[:2], 1))], 2)  # the bias as an input
    x = np.broadcast_to(x, (replicas, batch_size, D + 1))
    outputs = np.einsum("rbd,rd->rb", x, np.concatenate([kernel[..., 0], bias], 1))
    sigmoid = 1 / (1 + np.exp(-outputs))
    gradient = np.einsum("rb,rbd->rd", sigmoid, x) / batch_size
    slopes = sigmoid * (1 - sigmoid) * np.einsum("rbd,rd->rb", x, gradient) / batch_size
    expected = gradient + coefficients[:, None] / 2 * np.einsum("rb,rbd->rd", slopes, x)
    np.testing.assert_allclose(np.concatenate([plain[0][..., 0], plain[1]], 1), gradient, **FLOAT64)
    joined = np.concatenate([modified[0][..., 0], modified[1]], 1)
    np.testing.assert_allclose(joined, expected, **FLOAT64)
    np.testing.assert_allclose(losses, np.log1p(np.exp(outputs)).mean(1), rtol=1e-10)
    np.testing.assert_array_equal(losses, modified_losses)


@pytest.mark.parametrize("batch_size", [4, 30])
@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_a_perceptron_against_plain_differentiation(batch_size, replicas, shared):
    rng = np.random.default_rng(5)
    network = build_network(
        "mlp-40-6-20", input_shape=(8, 8, 1), num_classes=10, replicas=replicas, dtype="float64"
    )
    parameters = [
        tf.constant(w + 0.1 * rng.normal(size=w.shape))
        for w in network.initial_parameters(range(replicas))
    ]
    seen = 1 if shared else replicas
    images = tf.constant(rng.normal(size=(seen, batch_size, 8, 8, 1)))
    labels = tf.constant(rng.integers(0, 10, (seen, batch_size)))
    loss_fn = minibatch_loss(network.logits, images, labels)
    coefficients = tf.constant(COEFFICIENTS[-replicas:])
    pairs = [
        (dense_loss_and_gradients(loss_fn, parameters), loss_and_gradients(loss_fn, parameters)),
        (
            dense_modified_loss_and_gradients(loss_fn, parameters, coefficients),
            modified_loss_and_gradients(loss_fn, parameters, coefficients, Penalty()),
        ),
    ]
    for (losses, gradients), (reference_losses, reference) in pairs:
        np.testing.assert_array_equal(losses, reference_losses)
        for a, b in zip(gradients, reference, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, **FLOAT64)


def test_parameters_outside_dense_layers_are_refused():
    layer = ReplicatedDense(1, D, 2, name="dense", dtype="float64")
    parameters = [tf.ones((1, D, 2), tf.float64), tf.ones((1, 2), tf.float64)]

    def used_twice(parameters):
        x = tf.ones((1, 3, D), tf.float64)
        twice = [layer.stateless_call(parameters, [], x)[0] for _ in range(2)]
        return tf.reduce_mean(twice[0] * twice[1], (1, 2))

    def squared(parameters):
        return tf.reduce_sum(parameters[0] ** 2, (1, 2))

    for loss_fn in (used_twice, squared):
        with pytest.raises(ValueError, match="not those of dense layers alone"):
            dense_loss_and_gradients(loss_fn, parameters)
