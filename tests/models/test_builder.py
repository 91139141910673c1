"""Whole networks of every family against Keras's own layers, forward and backward."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network
from whysgd.models.normalization import EPSILON
from whysgd.spec.networks import parse_architecture
from whysgd.spec.networks.library import FAMILIES

REPLICAS, BATCH, CLASSES = 2, 4, 3


class KerasNetwork:
    """One network of Keras's layers by the names of our weights, called on float64 tensors.

    Written from the papers, not from the blueprints. Batches are one ghost batch.
    """

    def __init__(self, values):
        """Variables of the given values by name."""
        self.variables = {name: tf.Variable(value) for name, value in values.items()}

    def apply(self, layer, name, x, weights, **kwargs):
        """Keras's layer as a function of x and our variables."""
        layer.build(x.shape)
        names = [f"{name}/{weight}" for weight in weights if f"{name}/{weight}" in self.variables]
        trained = [self.variables[own].value() for own in names]
        rest = [variable.value for variable in layer.non_trainable_variables]
        return layer.stateless_call(trained, rest, x, **kwargs)[0]

    def dense(self, name, x):
        units = self.variables[f"{name}/bias"].shape[0]
        return self.apply(keras.layers.Dense(units, dtype="float64"), name, x, ("kernel", "bias"))

    def conv(self, name, x, stride=1):
        size, _, _, filters = self.variables[f"{name}/kernel"].shape
        bias = f"{name}/bias" in self.variables
        layer = keras.layers.Conv2D(filters, size, stride, "same", use_bias=bias, dtype="float64")
        return self.apply(layer, name, x, ("kernel", "bias"))

    def norm(self, name, x):
        layer = keras.layers.BatchNormalization(epsilon=EPSILON, dtype="float64")
        return self.apply(layer, name, x, ("scale", "shift"), training=True)

    def pool(self, size, x):
        return keras.layers.MaxPooling2D(size, 2, "same", dtype="float64")(x)


def perceptron(net, x):
    x = tf.reshape(x, (BATCH, -1))
    for number in (1, 2):
        x = tf.nn.relu(net.norm(f"norm{number}", net.dense(f"dense{number}", x)))
    return net.dense("dense3", x)


def vgg_11(net, x):
    for group, count in enumerate((1, 1, 2, 2, 2), 1):
        for number in range(1, count + 1):
            x = net.conv(f"conv{group}_{number}", x)
            x = tf.nn.relu(net.norm(f"norm{group}_{number}", x))
        x = net.pool(2, x)
    x = tf.reshape(x, (BATCH, -1))
    for name in ("dense1", "dense2"):
        x = tf.nn.relu(net.dense(name, x))
    return net.dense("dense3", x)


def preactivation(net, x, *, blocks, projects_raw):
    """Wide-ResNets and the residual networks for small images."""
    x = net.conv("stem", x)
    for group in range(3):
        for block in range(blocks):
            name, stride = f"group{group + 1}_block{block + 1}", 2 if group and not block else 1
            activated = tf.nn.relu(net.norm(f"{name}/norm1", x))
            y = net.conv(f"{name}/branch1", activated, stride)
            y = net.conv(f"{name}/branch2", tf.nn.relu(net.norm(f"{name}/norm2", y)))
            if f"{name}/shortcut/kernel" in net.variables:
                x = net.conv(f"{name}/shortcut", x if projects_raw else activated, stride)
            x = x + y
    return net.dense("output", tf.reduce_mean(tf.nn.relu(net.norm("norm", x)), (1, 2)))


def resnet_50(net, x):
    def convolution(name, x, stride=1):
        return net.norm(f"{name}_norm", net.conv(name, x, stride))

    x = net.pool(3, tf.nn.relu(convolution("stem", x, 2)))
    for group, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            name, stride = f"group{group + 1}_block{block + 1}", 2 if group and not block else 1
            y = tf.nn.relu(convolution(f"{name}/branch1", x, stride))
            y = convolution(f"{name}/branch3", tf.nn.relu(convolution(f"{name}/branch2", y)))
            if block == 0:
                x = convolution(f"{name}/shortcut", x, stride)
            x = tf.nn.relu(x + y)
    return net.dense("output", tf.reduce_mean(x, (1, 2)))


def autoencoder(net, x):
    x = tf.reshape(x, (BATCH, -1))
    for number in range(1, 7):
        x = net.dense(f"dense{number}", x)
        if number not in (3, 6):
            x = tf.math.sigmoid(x)
    return x


CASES = {
    "mlp-6-5": (perceptron, BATCH),
    "wrn-16-2": (lambda net, x: preactivation(net, x, blocks=2, projects_raw=False), BATCH),
    "resnet-14-2": (lambda net, x: preactivation(net, x, blocks=2, projects_raw=True), BATCH),
    "vgg-11-2": (vgg_11, BATCH),
    "resnet-50-2": (resnet_50, BATCH),
    "autoencoder-7-5-2": (autoencoder, None),
}


@pytest.mark.parametrize("name", CASES)
def test_each_replica_equals_a_network_of_kerass_layers(name):
    reference, ghost = CASES[name]
    rng = np.random.default_rng(0)
    # Odd sizes, where 'same' pads both sides under stride 2. Over few pixels 53 normalizations in
    # a row make a gradient of roundings.
    shape = (37, 66, 2) if name == "resnet-50-2" else (9, 12, 2)
    net = build_network(
        name,
        input_shape=shape,
        num_classes=CLASSES,
        replicas=REPLICAS,
        base_width=2,
        ghost_batch_size=ghost,
        dtype="float64",
    )
    parameters = [
        tf.constant(p + rng.normal(size=p.shape) / 4) for p in net.initial_parameters([0, 1])
    ]
    images = tf.constant(rng.normal(size=(REPLICAS, BATCH, *shape)))
    factors = tf.constant(rng.normal(size=(REPLICAS, BATCH, *net.blueprint.output_shape)))
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        outputs = net.logits(parameters, images)
        total = tf.reduce_sum(outputs * factors)
    gradients = tape.gradient(total, parameters)
    for r in range(REPLICAS):
        names = net.parameter_names
        values = {n: p[r].numpy() for n, p in zip(names, parameters, strict=True)}
        one = KerasNetwork(values)
        with tf.GradientTape() as tape:
            expected = reference(one, images[r])
            total = tf.reduce_sum(expected * factors[r])
        by_variables = tape.gradient(total, one.variables)
        np.testing.assert_allclose(outputs[r], expected, rtol=1e-10, atol=1e-12)
        largest = max(np.abs(gradient).max() for gradient in by_variables.values())
        for n, gradient in zip(names, gradients, strict=True):
            # A bias before a normalization has gradient 0, up to rounding of larger ones.
            close = {"rtol": 1e-10, "atol": 1e-12 * largest}
            np.testing.assert_allclose(gradient[r], by_variables[n], **close, err_msg=n)


def test_every_family_but_the_language_models_is_compared():
    compared = {type(parse_architecture(name, FAMILIES)) for name in CASES}
    assert {family.__name__ for family in set(FAMILIES) - compared} == {"LstmShape"}


@pytest.mark.parametrize(
    ("name", "input_shape", "ghost_batch_size"),
    [
        ("linear", (4, 4, 1), None),
        ("mlp-3", (4, 4, 1), 2),
        ("wrn-10-1", (8, 8, 1), None),
        ("wrn-10-1", (8, 8, 1), 2),
        ("vgg-11-1", (32, 32, 3), None),
        ("resnet-8-1", (8, 8, 1), None),
        ("resnet-50-1", (32, 32, 3), 2),
        ("autoencoder-5-2", (4, 4, 1), None),
        ("lstm-3-2", (4,), None),
    ],
)
def test_layers_declare_the_blueprints_weights_in_its_order(name, input_shape, ghost_batch_size):
    net = build_network(
        name,
        input_shape=input_shape,
        num_classes=3,
        replicas=2,
        base_width=2,
        ghost_batch_size=ghost_batch_size,
    )
    declared = net._layers.trainable_variables
    assert [(v.name, v.shape) for v in declared] == [
        (weight.name.split("/")[-1], (2, *weight.shape)) for weight in net.weights
    ]
    moments = [v.shape for v in net._layers.non_trainable_variables]
    assert moments == [(2, *shape) for shape in net.blueprint.moments]
