"""Language models of LSTM layers, against Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from whysgd.models import build_network
from whysgd.models.recurrent import ReplicatedLSTM, State
from whysgd.spec.program import Penalty
from whysgd.training.penalty import modified_loss_and_gradients

REPLICAS, BATCH, TOKENS, WORDS = 2, 3, 4, 7


def network(replicas=REPLICAS, dtype="float64", tokens=TOKENS):
    return build_network(
        "lstm-5-6",
        input_shape=(tokens,),
        num_classes=WORDS,
        replicas=replicas,
        initialization=0.5,
        dtype=dtype,
    )


def random_tokens(rng, replicas=REPLICAS):
    return tf.constant(rng.integers(0, WORDS, (replicas, BATCH, TOKENS)), tf.int32)


def initial(net, dtype="float64"):
    return [tf.constant(p, dtype) for p in net.initial_parameters([3, 4])]


def test_the_cell_equals_kerass_layer_forward_and_backward():
    rng = np.random.default_rng(0)
    inputs, units = 5, 6
    ours = ReplicatedLSTM(REPLICAS, inputs, units, name="lstm", dtype="float64")
    kernel = tf.constant(rng.normal(size=(REPLICAS, inputs + units, 4 * units)))
    bias = tf.constant(rng.normal(size=(REPLICAS, 4 * units)))
    x = tf.constant(rng.normal(size=(REPLICAS, BATCH, TOKENS, inputs)))
    state = State(*tf.constant(rng.normal(size=(2, REPLICAS, BATCH, units))))
    weights = tf.constant(rng.normal(size=(REPLICAS, BATCH, TOKENS + 1, units)))

    def total(outputs, cells, weights):
        """A number that both the outputs at every token and the last cells have a part in."""
        return tf.reduce_sum(tf.concat([outputs, cells[..., tf.newaxis, :]], -2) * weights)

    watched = [kernel, bias, x, *state]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        (outputs, last), _ = ours.stateless_call([kernel, bias], [], x, state)
        value = total(outputs, last.cells, weights)
    gradients = tape.gradient(value, watched)
    for r in range(REPLICAS):
        keras_layer = keras.layers.LSTM(
            units, return_sequences=True, return_state=True, dtype="float64"
        )
        keras_layer.build((BATCH, TOKENS, inputs))
        values = (kernel[r, :inputs], kernel[r, inputs:], bias[r])
        for variable, weight in zip(keras_layer.trainable_variables, values, strict=True):
            variable.assign(weight)
        own = [x[r], state.output[r], state.cells[r]]
        with tf.GradientTape() as tape:
            tape.watch(own)
            expected, output, cells = keras_layer(own[0], initial_state=own[1:])
            value = total(expected, cells, weights[r])
        by_weights = tape.gradient(value, [*keras_layer.trainable_variables, *own])
        by_kernel = tf.concat(by_weights[:2], 0)
        close = {"rtol": 1e-10, "atol": 1e-13}
        np.testing.assert_allclose(outputs[r], expected, **close)
        np.testing.assert_allclose(last.output[r], output, **close)
        np.testing.assert_allclose(last.cells[r], cells, **close)
        for a, b in zip(gradients, [by_kernel, *by_weights[2:]], strict=True):
            np.testing.assert_allclose(a[r], b, **close)


def test_a_language_model_equals_one_of_kerass_layers():
    rng = np.random.default_rng(1)
    net = network()
    parameters, tokens = initial(net), random_tokens(rng)
    logits = net.logits(parameters, tokens)
    assert logits.shape == (REPLICAS, BATCH, TOKENS, WORDS)
    for r in range(REPLICAS):
        table, *layers, kernel, bias = (p[r].numpy() for p in parameters)
        x = tf.constant(table[tokens[r]])
        for units, own_kernel, own_bias in ((5, *layers[:2]), (6, *layers[2:])):
            layer = keras.layers.LSTM(units, return_sequences=True, dtype="float64")
            layer.build(x.shape)
            values = (own_kernel[:-units], own_kernel[-units:], own_bias)
            for variable, weight in zip(layer.trainable_variables, values, strict=True):
                variable.assign(weight)
            x = layer(x)
        np.testing.assert_allclose(logits[r], x @ kernel + bias, rtol=1e-10, atol=1e-13)


def test_a_window_in_two_parts_with_the_state_carried_equals_the_whole():
    rng = np.random.default_rng(2)
    net, tokens = network(), random_tokens(rng)
    parameters = initial(net)
    whole = net.outputs(parameters, tokens)
    half = network(tokens=TOKENS // 2)
    first = half.outputs(parameters, tokens[..., : TOKENS // 2])
    second = half.outputs(parameters, tokens[..., TOKENS // 2 :], carry=first.carry)
    joined = tf.concat([first.outputs, second.outputs], 2)
    np.testing.assert_allclose(joined, whole.outputs, rtol=1e-12)
    assert [tuple(c.shape) for c in whole.carry] == [
        (REPLICAS, BATCH, units) for units in net.blueprint.carry
    ]
    for a, b in zip(second.carry, whole.carry, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    without = half.outputs(parameters, tokens[..., TOKENS // 2 :])
    assert np.abs(without.outputs - second.outputs).max() > 1e-3


def test_shared_tokens_equal_copies_for_each_replica():
    net, tokens = network(), random_tokens(np.random.default_rng(3), 1)
    parameters = initial(net)
    copies = tf.repeat(tokens, REPLICAS, 0)
    np.testing.assert_allclose(
        net.logits(parameters, tokens), net.logits(parameters, copies), rtol=1e-12
    )


def token_losses(net, tokens):
    """A loss of each replica: the mean square of its logits."""
    return lambda parameters: tf.reduce_mean(tf.square(net.logits(parameters, tokens)), (1, 2, 3))


def test_an_ensemble_equals_its_members_twice_differentiated_and_xla_the_graph():
    net, one, tokens = network(), network(1), random_tokens(np.random.default_rng(4))
    parameters = initial(net)
    coefficients = tf.constant([0.5, 1.0], tf.float64)

    def modified(parameters):
        loss_fn = token_losses(net, tokens)
        return modified_loss_and_gradients(loss_fn, parameters, coefficients, Penalty())

    eager = tf.nest.flatten(modified(parameters))
    xla = tf.nest.flatten(tf.function(modified, jit_compile=True)(parameters))
    alone = modified_loss_and_gradients(
        token_losses(one, tokens[1:]), [p[1:] for p in parameters], coefficients[1:], Penalty()
    )
    for a, b, c in zip(eager, xla, tf.nest.flatten(alone), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(a[1], c[0], rtol=1e-10, atol=1e-14)


def test_a_replica_is_untouched_by_its_neighbour_to_the_last_bit():
    net = network(dtype="float32")
    tokens = random_tokens(np.random.default_rng(5)).numpy()
    parameters = net.initial_parameters([0, 1])
    coefficients = tf.ones(REPLICAS)

    @tf.function
    def modified(parameters, tokens):
        loss_fn = token_losses(net, tokens)
        return tf.nest.flatten(
            modified_loss_and_gradients(loss_fn, parameters, coefficients, Penalty())
        )

    before = modified([tf.constant(p) for p in parameters], tf.constant(tokens))
    for values in parameters:
        values[1] = np.inf
    tokens[1] = 0
    after = modified([tf.constant(p) for p in parameters], tf.constant(tokens))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert not np.isfinite(after[0][1])


@pytest.mark.parametrize("seeds", [[3, 4], [4, 3]])
def test_all_weights_start_uniform_as_set_each_by_its_own_seed(seeds):
    values = network().initial_parameters(seeds)
    for weight in values:
        assert np.abs(weight).max() <= 0.5
        assert np.abs(weight).max() > 0.3
        assert abs(weight.mean()) < 5 * 0.5 / np.sqrt(3 * weight.size)
    alone = network(1).initial_parameters([4])
    for a, b in zip(values, alone, strict=True):
        np.testing.assert_array_equal(a[seeds.index(4)], b[0])
