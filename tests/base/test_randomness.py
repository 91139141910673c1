import itertools

import numpy as np
import pytest
import tensorflow as tf

from whysgd.base.randomness import Purpose, generator, stateless_key


def test_the_same_place_gives_the_same_numbers():
    first = generator(3, Purpose.ORDER, 7).permutation(50)
    generator(3, Purpose.ORDER, 6).permutation(50)
    np.testing.assert_array_equal(first, generator(3, Purpose.ORDER, 7).permutation(50))


def test_different_places_give_different_numbers():
    places = [
        (seed, purpose, *index)
        for seed, purpose in itertools.product((0, 1), Purpose)
        for index in ((), (0,), (1,), (0, 0), (1, 0), (0, 1))
    ]
    assert len({generator(*place).integers(2**63) for place in places}) == len(places)


def test_keys_are_distinct_and_fit_int64():
    keys = [stateless_key(seed, p) for seed, p in itertools.product(range(100), Purpose)]
    assert len(set(keys)) == len(keys)
    assert min(keys) >= 0
    assert max(keys) < 2**63


@pytest.mark.parametrize(
    ("purpose", "value"),
    [
        (Purpose.SPLIT, 0),
        (Purpose.PARAMETERS, 1),
        (Purpose.ORDER, 2),
        (Purpose.AUGMENTATION, 3),
    ],
)
def test_purposes_keep_their_numbers(purpose, value):
    """All results change with them."""
    assert purpose == value


def test_device_numbers_are_equal_in_graph_and_xla():
    def draw(counter):
        key = tf.constant(stateless_key(5, Purpose.AUGMENTATION), tf.int64)
        return tf.random.stateless_uniform(
            (64, 3), tf.stack([key, counter]), None, None, tf.int32, alg="philox"
        )

    counter = tf.constant(12, tf.int64)
    eager = draw(counter)
    for jit_compile in (False, True):
        compiled = tf.function(draw, jit_compile=jit_compile)
        np.testing.assert_array_equal(compiled(counter), eager)
        assert (compiled(counter + 1).numpy() != eager.numpy()).all()
