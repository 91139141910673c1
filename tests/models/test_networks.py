"""Networks: their sizes, their independence of each other, and routes that must agree."""

import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network
from whysgd.spec.program import Penalty
from whysgd.training.objective import minibatch_loss, squared_norms
from whysgd.training.penalty import modified_loss_and_gradients

RNG = np.random.default_rng(2)


def network(name, replicas, dtype="float64", shape=(8, 8, 1), base_width=2, **settings):
    return build_network(
        name,
        input_shape=shape,
        num_classes=10,
        replicas=replicas,
        base_width=base_width,
        dtype=dtype,
        **settings,
    )


def random_parameters(net, replicas):
    """Parameters away from the start, so that every one of them has a gradient."""
    return [
        tf.constant(0.3 * RNG.normal(size=(replicas, *shape)), net.dtype)
        for shape in net.parameter_shapes
    ]


def test_a_tanh_perceptron_is_made_of_tanh():
    net = build_network(
        "mlp-5",
        input_shape=(2, 2, 1),
        num_classes=3,
        replicas=2,
        activation="tanh",
        dtype="float64",
    )
    first, bias, last, offset = parameters = random_parameters(net, 2)
    images = RNG.normal(size=(2, 4, 2, 2, 1))
    hidden = np.tanh(images.reshape(2, 4, 4) @ first.numpy() + bias.numpy()[:, None])
    expected = hidden @ last.numpy() + offset.numpy()[:, None]
    np.testing.assert_allclose(net.logits(parameters, images), expected, rtol=1e-12)


def test_no_activation_of_a_tanh_wide_resnet_is_relu(monkeypatch):
    def refuse(_):
        raise AssertionError("ReLU")

    monkeypatch.setattr(tf.nn, "relu", refuse)
    net = build_network(
        "wrn-10-1",
        input_shape=(8, 8, 1),
        num_classes=3,
        replicas=2,
        base_width=2,
        activation="tanh",
        dtype="float64",
    )
    logits = net.logits(random_parameters(net, 2), RNG.normal(size=(1, 4, 8, 8, 1)))
    assert logits.shape == (2, 4, 3)


@pytest.mark.parametrize("name", ["mlp-9-7", "wrn-10-1", "wrn-16-2"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-5)])
def test_replicas_equal_single_networks(name, dtype, tolerance):
    """Forward, gradient and second derivative of R replicas against R networks of one."""
    replicas, batch = 3, 5
    many, one = network(name, replicas, dtype), network(name, 1, dtype)
    parameters = random_parameters(many, replicas)
    images = tf.constant(RNG.normal(size=(replicas, batch, 8, 8, 1)), dtype)
    labels = tf.constant(RNG.integers(0, 10, (replicas, batch)))
    coefficients = tf.constant([0.5, 1.0, 0.0], dtype)

    @tf.function
    def everything(parameters):
        loss_fn = minibatch_loss(many.logits, images, labels)
        return (
            many.logits(parameters, images),
            *modified_loss_and_gradients(loss_fn, parameters, coefficients, Penalty()),
        )

    logits, losses, gradients = everything(parameters)
    for r in range(replicas):
        own = [p[r : r + 1] for p in parameters]
        loss_fn = minibatch_loss(one.logits, images[r : r + 1], labels[r : r + 1])
        own_loss, own_gradients = modified_loss_and_gradients(
            loss_fn, own, coefficients[r : r + 1], Penalty()
        )
        scale = {"rtol": tolerance, "atol": tolerance}
        np.testing.assert_allclose(logits[r], one.logits(own, images[r : r + 1])[0], **scale)
        np.testing.assert_allclose(losses[r], own_loss[0], **scale)
        for a, b in zip(gradients, own_gradients, strict=True):
            norm = float(tf.reduce_max(tf.abs(b))) + 1e-30
            np.testing.assert_allclose(a[r] / norm, b[0] / norm, atol=tolerance)


@pytest.mark.parametrize("name", ["mlp-9-7", "wrn-10-1"])
def test_shared_images_equal_copies_for_each_replica(name):
    net = network(name, 3)
    parameters = random_parameters(net, 3)
    images = tf.constant(RNG.normal(size=(1, 5, 8, 8, 1)))
    copies = tf.repeat(images, 3, 0)
    np.testing.assert_allclose(
        net.logits(parameters, images), net.logits(parameters, copies), rtol=1e-10, atol=1e-12
    )


def test_a_perceptron_equals_a_hand_written_one():
    net = network("mlp-9-7", 2)
    parameters = random_parameters(net, 2)
    images = RNG.normal(size=(2, 5, 8, 8, 1))
    logits = net.logits(parameters, tf.constant(images))
    for r in range(2):
        x = images[r].reshape(5, 64)
        values = [p[r].numpy() for p in parameters]
        for kernel, bias in zip(values[:-2:2], values[1:-2:2], strict=True):
            x = np.maximum(x @ kernel + bias, 0)
        np.testing.assert_allclose(logits[r], x @ values[-2] + values[-1], rtol=1e-12)


def test_skipinit_gives_branches_exactly_no_gradient_at_the_start():
    net = network("wrn-16-2", 2)
    parameters = [tf.constant(p) for p in net.initial_parameters([0, 1])]
    images = tf.constant(RNG.normal(size=(2, 5, 8, 8, 1)))
    labels = tf.constant(RNG.integers(0, 10, (2, 5)))
    _, gradients = modified_loss_and_gradients(
        minibatch_loss(net.logits, images, labels), parameters, tf.zeros(2, tf.float64), Penalty()
    )
    norms = {
        name: squared_norms([gradient]).numpy()
        for name, gradient in zip(net.parameter_names, gradients, strict=True)
    }
    branch = [name for name in norms if "branch" in name]
    assert len(branch) == 2 * 2 * 6  # kernel and bias of two convolutions in six blocks
    for name in branch:
        np.testing.assert_array_equal(norms[name], 0)
    moving = [name for name in norms if name not in branch]
    assert sum("scale" in name for name in moving) == 6
    for name in moving:
        assert (norms[name] > 0).all(), name


def test_at_the_start_a_block_is_its_shortcut():
    net = network("wrn-10-1", 1)
    parameters = [tf.constant(p) for p in net.initial_parameters([0])]
    images = tf.constant(RNG.normal(size=(1, 5, 8, 8, 1)))
    changed = [
        p + 1.0 if "branch" in name else p
        for name, p in zip(net.parameter_names, parameters, strict=True)
    ]
    np.testing.assert_array_equal(net.logits(parameters, images), net.logits(changed, images))


@pytest.mark.parametrize("name", ["mlp-9-7", "wrn-10-1"])
def test_initial_parameters_depend_on_the_own_seed_only(name):
    together = network(name, 3).initial_parameters([5, 8, 5])
    alone = network(name, 1).initial_parameters([8])
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a[1], b[0])
        np.testing.assert_array_equal(a[0], a[2])
    assert any((a[0] != a[1]).any() for a in together)


def test_initial_parameters_have_hes_variance():
    net = network("mlp-900-800", 1)
    for name, shape, values in zip(
        net.parameter_names, net.parameter_shapes, net.initial_parameters([3]), strict=True
    ):
        if name.endswith("kernel"):
            # n values: the relative error of a variance is about sqrt(2 / n); five of these.
            tolerance = 5 * np.sqrt(2 / values.size)
            np.testing.assert_allclose(values.var(), 2 / shape[0], rtol=tolerance)
        else:
            np.testing.assert_array_equal(values, 0)


@pytest.mark.parametrize("ghost_batch_size", [None, 4])
def test_weight_decay_acts_on_kernels_only(ghost_batch_size):
    net = network("wrn-10-1", 1, ghost_batch_size=ghost_batch_size)
    assert {name.split("/")[-1] for name in net.parameter_names} == {
        "kernel",
        "bias",
        *(["factor"] if ghost_batch_size is None else ["scale", "shift"]),
    }
    for name, decayed in zip(net.parameter_names, net.decayed, strict=True):
        assert decayed == name.endswith("kernel")


def test_normalizations_start_with_a_scale_of_1_and_a_shift_of_0():
    net = network("wrn-10-1", 2, ghost_batch_size=4)
    for name, values in zip(net.parameter_names, net.initial_parameters([0, 1]), strict=True):
        if not name.endswith("kernel"):
            np.testing.assert_array_equal(values, 1 if name.endswith("scale") else 0)


def test_any_input_size_and_width():
    for shape, base_width in (((8, 8, 1), 4), ((32, 32, 3), 3), ((28, 28, 1), 16)):
        net = network("wrn-10-2", 2, "float32", shape, base_width)
        parameters = [tf.constant(p) for p in net.initial_parameters([0, 1])]
        assert net.logits(parameters, tf.zeros((2, 3, *shape))).shape == (2, 3, 10)
