"""Batch normalization by ghost batches, against Keras's own layer and in closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network
from whysgd.models.normalization import EPSILON, ReplicatedBatchNormalization
from whysgd.spec.program import Penalty
from whysgd.training.objective import minibatch_loss
from whysgd.training.penalty import modified_loss_and_gradients

REPLICAS, BATCH, GHOST, CHANNELS = 2, 6, 3, 4
PIXELS = {"dense": (), "images": (5, 4)}


def in_layout(x, layout):
    """(R, B, ..., channels) as the layer has it: images as groups of channels."""
    if layout == "dense":
        return tf.constant(x)
    return tf.reshape(tf.transpose(x, (1, 2, 3, 0, 4)), (*x.shape[1:4], -1))


def from_layout(x, layout):
    if layout == "dense":
        return x.numpy()
    split = tf.reshape(x, (*x.shape[:3], REPLICAS, CHANNELS))
    return tf.transpose(split, (3, 0, 1, 2, 4)).numpy()


def normalized(parameters, moments, x, training=True, ghost=GHOST):
    layer = ReplicatedBatchNormalization(REPLICAS, CHANNELS, ghost, name="norm", dtype="float64")
    outputs, left = layer.stateless_call(parameters, [moments], x, training=training)
    return outputs, left[0]


@pytest.fixture
def values():
    """Scale and shift, moments that must not be read, and numbers to multiply outputs by."""
    rng = np.random.default_rng(0)
    parameters = [tf.constant(rng.normal(size=(REPLICAS, CHANNELS))) for _ in range(2)]
    return rng, parameters, tf.fill((REPLICAS, 2, CHANNELS), tf.constant(np.nan, tf.float64))


@pytest.mark.parametrize("layout", PIXELS)
def test_every_ghost_batch_equals_kerass_layer_forward_and_backward(values, layout):
    rng, parameters, nowhere = values
    x = 3 + 2 * rng.normal(size=(REPLICAS, BATCH, *PIXELS[layout], CHANNELS))
    weights = tf.constant(rng.normal(size=x.shape))
    with tf.GradientTape() as tape:
        inputs = in_layout(x, layout)
        tape.watch([inputs, *parameters])
        outputs, _ = normalized(parameters, nowhere, inputs)
        total = tf.reduce_sum(outputs * in_layout(weights, layout))
    by_inputs, by_scale, by_shift = tape.gradient(total, [inputs, *parameters])
    outputs, by_inputs = from_layout(outputs, layout), from_layout(by_inputs, layout)
    expected_parameters = np.zeros((2, REPLICAS, CHANNELS))
    for r in range(REPLICAS):
        for first in range(0, BATCH, GHOST):
            part = slice(first, first + GHOST)
            layer = keras.layers.BatchNormalization(epsilon=EPSILON, dtype="float64")
            layer.build((None, *x.shape[2:]))
            layer.gamma.assign(parameters[0][r])
            layer.beta.assign(parameters[1][r])
            own = tf.constant(x[r, part])
            with tf.GradientTape() as tape:
                tape.watch(own)
                expected = layer(own, training=True)
                total = tf.reduce_sum(expected * weights[r, part])
            gradients = tape.gradient(total, [own, layer.gamma, layer.beta])
            close = {"rtol": 1e-10, "atol": 1e-12}
            np.testing.assert_allclose(outputs[r, part], expected, **close)
            np.testing.assert_allclose(by_inputs[r, part], gradients[0], **close)
            expected_parameters[:, r] += gradients[1:]
    np.testing.assert_allclose([by_scale, by_shift], expected_parameters, rtol=1e-10)


@pytest.mark.parametrize("layout", PIXELS)
def test_moments_of_batches_average_to_those_of_the_set_which_evaluation_divides_by(values, layout):
    rng, parameters, nowhere = values
    scale, shift = (np.asarray(value)[:, None] for value in parameters)
    x = 3 + 2 * rng.normal(size=(REPLICAS, 2 * BATCH, *PIXELS[layout], CHANNELS))
    halves = [in_layout(part, layout) for part in np.split(x, 2, 1)]
    moments = tf.add_n([normalized(parameters, nowhere, half)[1] for half in halves]) / 2
    outputs, left = normalized(parameters, moments, halves[0], training=False)
    np.testing.assert_array_equal(left, moments)
    flat = x.reshape(REPLICAS, -1, CHANNELS)
    mean, variance = flat.mean(1, keepdims=True), flat.var(1, keepdims=True)
    expected = (flat - mean) / np.sqrt(variance + EPSILON) * scale + shift
    expected = expected.reshape(x.shape)[:, :BATCH]
    np.testing.assert_allclose(from_layout(outputs, layout), expected, rtol=1e-10, atol=1e-12)


def test_a_batch_that_is_no_number_of_ghost_batches_is_refused(values):
    rng, parameters, moments = values
    x = tf.constant(rng.normal(size=(REPLICAS, 7, CHANNELS)))
    with pytest.raises(ValueError, match="a batch of 7 does not consist of ghost batches of 3"):
        normalized(parameters, moments, x)
    evaluated, _ = normalized(parameters, tf.ones_like(moments), x, training=False)
    assert evaluated.shape == x.shape


def test_a_constant_channel_is_normalized_to_its_shift_by_rounded_moments_too():
    """In float32 the mean of squares may come out below the square of the mean."""
    layer = ReplicatedBatchNormalization(1, 1, 4, name="norm", dtype="float32")
    moments = tf.constant([[[4097.0], [np.nextafter(np.float32(4097.0**2), np.float32(0))]]])
    assert moments[0, 1] < moments[0, 0] ** 2
    ones = tf.ones((1, 1))
    outputs, _ = layer.stateless_call(
        [ones, ones], [moments], tf.fill((1, 4, 1), 4097.0), training=False
    )
    np.testing.assert_array_equal(outputs, tf.ones((1, 4, 1)))


def network(name, replicas=REPLICAS, dtype="float64", ghost=GHOST, side=8, activation=None):
    return build_network(
        name,
        input_shape=(side, side, 1),
        num_classes=3,
        replicas=replicas,
        base_width=2,
        activation=activation,
        ghost_batch_size=ghost,
        dtype=dtype,
    )


def random_parameters(rng, net, replicas=REPLICAS):
    return [tf.constant(rng.normal(size=(replicas, *s)), net.dtype) for s in net.parameter_shapes]


@pytest.mark.parametrize("name", ["mlp-6-5", "wrn-10-1"])
def test_one_ghost_batch_that_holds_the_set_and_its_moments_agree(name):
    rng = np.random.default_rng(1)
    net = network(name, ghost=BATCH)
    parameters = random_parameters(rng, net)
    images = tf.constant(rng.normal(size=(REPLICAS, BATCH, 8, 8, 1)))
    seen = net.outputs(parameters, images)
    assert [tuple(m.shape) for m in seen.moments] == [
        (REPLICAS, *shape) for shape in net.blueprint.moments
    ]
    evaluated = net.outputs(parameters, images[:, :4], seen.moments)
    np.testing.assert_allclose(evaluated.outputs, seen.outputs[:, :4], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["mlp-6-5", "wrn-10-1"])
def test_a_replica_is_untouched_by_its_neighbour_to_the_last_bit(name):
    rng = np.random.default_rng(2)
    net = network(name, dtype="float32")
    images = rng.normal(size=(REPLICAS, BATCH, 8, 8, 1)).astype("float32")
    labels = tf.constant(rng.integers(0, 3, (REPLICAS, BATCH)))
    parameters = [p.numpy() for p in random_parameters(rng, net)]

    @tf.function
    def losses_and_gradients(parameters, images):
        loss_fn = minibatch_loss(net.logits, images, labels)
        losses, gradients = modified_loss_and_gradients(
            loss_fn, parameters, tf.zeros(REPLICAS), Penalty()
        )
        return [losses, *gradients, *net.outputs(parameters, images).moments]

    before = losses_and_gradients([tf.constant(p) for p in parameters], tf.constant(images))
    for values in (*parameters, images):
        values[1] = 100 * values[1] + 1
    after = losses_and_gradients([tf.constant(p) for p in parameters], tf.constant(images))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert (before[0][1] != after[0][1]).numpy()


@pytest.mark.parametrize(
    ("name", "side"), [("mlp-6-5", 8), ("wrn-10-1", 8), ("vgg-11-1", 32), ("resnet-8-2", 8)]
)
def test_the_penalty_differentiates_normalized_networks_twice(name, side):
    """Double backprop against central differences of the gradient, and members alone."""
    rng = np.random.default_rng(3)
    # Smooth, so that differences come from nowhere but the radius.
    net, one = (network(name, r, side=side, activation="tanh") for r in (REPLICAS, 1))
    parameters = [tf.constant(p) for p in net.initial_parameters([0, 1])]
    images = tf.constant(rng.normal(size=(REPLICAS, BATCH, side, side, 1)))
    labels = tf.constant(rng.integers(0, 3, (REPLICAS, BATCH)))
    coefficients = tf.constant([0.5, 1.0], tf.float64)

    def modified(net, replicas, penalty):
        own = [p[replicas] for p in parameters]
        loss_fn = minibatch_loss(net.logits, images[replicas], labels[replicas])
        return modified_loss_and_gradients(loss_fn, own, coefficients[replicas], penalty)[1]

    exact = modified(net, slice(None), Penalty())
    difference = modified(net, slice(None), Penalty(method="central_difference", radius=2.0**-20))
    alone = modified(one, slice(1, 2), Penalty())
    largest = max(np.abs(gradient).max() for gradient in exact)
    for a, b, c in zip(exact, difference, alone, strict=True):
        # Both differ by the radius squared, and by rounding over the radius.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * largest)
        np.testing.assert_allclose(a[1], c[0], rtol=1e-9, atol=1e-12 * largest)


def test_xla_equals_graph():
    rng = np.random.default_rng(4)
    net = network("mlp-6-5")
    parameters = random_parameters(rng, net)
    images = tf.constant(rng.normal(size=(REPLICAS, BATCH, 8, 8, 1)))
    labels = tf.constant(rng.integers(0, 3, (REPLICAS, BATCH)))

    def everything(parameters):
        loss_fn = minibatch_loss(net.logits, images, labels)
        coefficients = tf.ones(REPLICAS, tf.float64)
        losses, gradients = modified_loss_and_gradients(
            loss_fn, parameters, coefficients, Penalty()
        )
        seen = net.outputs(parameters, images)
        return [losses, *gradients, *seen.moments, net.outputs(parameters, images, seen.moments)[0]]

    graph, xla = (tf.function(everything, jit_compile=jit)(parameters) for jit in (False, True))
    for a, b in zip(graph, xla, strict=True):
        # A bias before a normalization has gradient 0, up to rounding.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10 * np.abs(b).max() + 1e-14)
