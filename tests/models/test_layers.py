"""Convolutions and blocks against NumPy, the routes against each other, and memory."""

import resource

import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network, layers

BATCH = 4


def numpy_convolution(x, kernel, bias, stride):
    """'same' convolution of (B, h, w, c): zero padding, the odd pixel at the bottom and right."""
    size = kernel.shape[0]
    margins = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in x.shape[1:3]]
    x = np.pad(x, [(0, 0), *((m // 2, m - m // 2) for m in margins), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (1, 2))
    return np.einsum("bhwcij,ijco->bhwo", windows[:, ::stride, ::stride], kernel) + bias


def numpy_wide_resnet(values, x, blocks_per_group):
    """One Wide-ResNet with SkipInit as the papers describe it; values by parameter name."""

    def convolution(name, x, stride=1):
        return numpy_convolution(x, values[f"{name}/kernel"], values[f"{name}/bias"], stride)

    def relu(x):
        return np.maximum(x, 0)

    x = convolution("stem", x)
    for group in (1, 2, 3):
        for block in range(1, blocks_per_group + 1):
            name, stride = f"group{group}_block{block}", 2 if group > 1 and block == 1 else 1
            branch = convolution(f"{name}/branch1", relu(x), stride)
            branch = convolution(f"{name}/branch2", relu(branch))
            if f"{name}/shortcut/kernel" in values:
                x = convolution(f"{name}/shortcut", relu(x), stride)
            x = x + values[f"{name}/scale/factor"] * branch
    return relu(x).mean((1, 2)) @ values["output/kernel"] + values["output/bias"]


def random_values(rng, net, replicas):
    return [rng.normal(size=(replicas, *shape)) / 2 for shape in net.parameter_shapes]


@pytest.mark.parametrize(
    ("name", "blocks_per_group", "shape"),
    # An odd size, where 'same' pads both sides under stride 2; a width with an identity first.
    [("wrn-10-1", 1, (7, 6, 2)), ("wrn-16-2", 2, (8, 8, 1))],
)
def test_a_wide_resnet_equals_one_in_numpy(name, blocks_per_group, shape):
    rng = np.random.default_rng(0)
    net = build_network(
        name, input_shape=shape, num_classes=3, replicas=2, base_width=2, dtype="float64"
    )
    parameters = random_values(rng, net, 2)
    images = rng.normal(size=(2, BATCH, *shape))
    logits = net.logits([tf.constant(p) for p in parameters], tf.constant(images))
    for r in range(2):
        values = {n: p[r] for n, p in zip(net.parameter_names, parameters, strict=True)}
        expected = numpy_wide_resnet(values, images[r], blocks_per_group)
        np.testing.assert_allclose(logits[r], expected, rtol=1e-11)


def penalty_gradients(net, parameters, images):
    """Logits, gradients of their mean square, and gradients of those gradients' squared norm."""
    with tf.GradientTape() as outer:
        outer.watch(parameters)
        with tf.GradientTape() as inner:
            inner.watch(parameters)
            logits = net.logits(parameters, images)
            loss = tf.reduce_mean(tf.square(logits))
        gradients = inner.gradient(loss, parameters)
        penalty = tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients])
    return [logits, *gradients, *outer.gradient(penalty, parameters)]


@pytest.mark.parametrize("shared", [False, True])
def test_grouped_convolutions_equal_separate_ones_twice_differentiated(monkeypatch, shared):
    rng = np.random.default_rng(1)
    kind = {"input_shape": (8, 8, 3), "num_classes": 4, "replicas": 3, "base_width": 4}
    grouped = build_network("wrn-10-1", **kind)
    monkeypatch.setattr(layers, "differentiates_grouped_convolutions", lambda dtype: False)
    separate = build_network("wrn-10-1", **kind)
    parameters = [tf.constant(p, tf.float32) for p in random_values(rng, grouped, 3)]
    images = tf.constant(rng.normal(size=(1 if shared else 3, BATCH, 8, 8, 3)), tf.float32)

    compiled = tf.function(penalty_gradients)
    for a, b in zip(
        compiled(grouped, parameters, images),
        compiled(separate, parameters, images),
        strict=True,
    ):
        # Two orders of summation in float32, relative to the largest entry.
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(b).max())


@pytest.mark.parametrize(
    ("name", "dtype", "tolerance"), [("mlp-6-5", "float64", 1e-12), ("wrn-10-1", "float32", 1e-5)]
)
def test_xla_equals_graph(name, dtype, tolerance):
    rng = np.random.default_rng(2)
    net = build_network(
        name, input_shape=(8, 8, 1), num_classes=3, replicas=2, base_width=2, dtype=dtype
    )
    parameters = [tf.constant(p, dtype) for p in random_values(rng, net, 2)]
    images = tf.constant(rng.normal(size=(2, BATCH, 8, 8, 1)), dtype)
    graph, xla = (tf.function(penalty_gradients, jit_compile=jit) for jit in (False, True))
    for a, b in zip(graph(net, parameters, images), xla(net, parameters, images), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max())


def test_a_network_holds_no_values():
    """Neither building nor tracing allocates parameters: they would be 1.3 GB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    replicas = 16
    net = build_network("mlp-4096-4096", input_shape=(28, 28, 1), num_classes=10, replicas=replicas)
    assert 4 * replicas * net.num_parameters > 1e9
    specs = [tf.TensorSpec((replicas, *shape)) for shape in net.parameter_shapes]
    traced = tf.function(lambda images, *parameters: net.logits(parameters, images))
    traced.get_concrete_function(tf.TensorSpec((1, 2, 28, 28, 1)), *specs)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kB
    assert grown < 2e5


def test_every_replica_needs_a_seed():
    net = build_network("mlp-4", input_shape=(2, 2, 1), num_classes=2, replicas=3)
    with pytest.raises(ValueError, match="2 seeds for 3 replicas"):
        net.initial_parameters([1, 2])
