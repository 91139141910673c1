"""Blueprints: what is read off the parts of a network."""

import math

import pytest

from whysgd.spec.networks import Blueprint, Start, Weight
from whysgd.spec.networks.parts import (
    LSTM,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    MaxPool,
    MeanOfPixels,
    Normalization,
    Residual,
    Scale,
)


def test_weights_come_in_the_order_of_parts_and_a_branch_before_its_shortcut():
    branch = (Convolution("b/first", 3, 4, 2), Scale("b/scale"))
    block = Residual("b", branch, (Convolution("b/shortcut", 1, 4, 2, bias=False),))
    found = Blueprint((5, 5, 2), (block, MeanOfPixels(), Dense("output", 3)), "he")
    normal = [Start("normal", math.sqrt(2 / fan_in)) for fan_in in (18, 2, 4)]
    zero = Start("constant", 0)
    assert found.weights == (
        Weight("b/first/kernel", (3, 3, 2, 4), True, normal[0]),
        Weight("b/first/bias", (4,), False, zero),
        Weight("b/scale/factor", (), False, zero),
        Weight("b/shortcut/kernel", (1, 1, 2, 4), True, normal[1]),
        Weight("output/kernel", (4, 3), True, normal[2]),
        Weight("output/bias", (3,), False, zero),
    )
    assert found.output_shape == (3,)


def test_a_normalization_starts_as_the_identity_and_does_not_decay():
    parts = (Dense("dense", 4), Normalization("norm", 2))
    for initialization in ("he", "he_fan_out", "uniform_fan_in", 0.1):
        found = Blueprint((3,), parts, initialization)
        assert found.weights[2:] == (
            Weight("norm/scale", (4,), False, Start("constant", 1)),
            Weight("norm/shift", (4,), False, Start("constant", 0)),
        )
        assert found.moments == ((2, 4),)
        assert not found.is_dense


@pytest.mark.parametrize(
    ("initialization", "kernel", "bias"),
    [
        ("he", Start("normal", math.sqrt(2 / 18)), Start("constant", 0)),
        ("he_fan_out", Start("normal", math.sqrt(2 / 45)), Start("constant", 0)),
        ("uniform_fan_in", *[Start("uniform", 1 / math.sqrt(18))] * 2),
        (0.1, *[Start("uniform", 0.1)] * 2),
    ],
)
def test_initializations_are_those_of_their_names(initialization, kernel, bias):
    found = Blueprint((6, 6, 2), (Convolution("conv", 3, 5),), initialization)
    assert [weight.start for weight in found.weights] == [kernel, bias]


def test_work_is_counted_where_a_part_is_applied():
    parts = (Convolution("conv", 3, 5, stride=2), Normalization("norm", 2), MaxPool(2, 2))
    found = Blueprint((7, 6, 2), (*parts, Flatten(), Dense("out", 3)), "he")
    convolution, normalization, dense = found.works
    assert convolution.parameters == 3 * 3 * 2 * 5 + 5
    assert convolution.operations == 2 * 3 * 3 * 2 * 5 * (4 * 3)
    assert convolution.outputs == normalization.outputs == 5 * 4 * 3
    assert (normalization.parameters, normalization.operations) == (10, 0)
    assert dense.operations == 2 * (2 * 2 * 5) * 3  # pooled to 2 x 2 pixels


def test_an_lstm_works_at_every_token():
    parts = (Embedding("words", 9, 4), LSTM("lstm1", 3), LSTM("lstm2", 2), Dense("out", 9))
    found = Blueprint((5,), parts, 0.1)
    embedding, first, _, out = found.works
    assert (embedding.parameters, embedding.operations) == (36, 0)
    assert first.parameters == (4 + 3) * 12 + 12
    assert first.operations == 5 * 2 * (4 + 3) * 12
    assert out.operations == 5 * 2 * 2 * 9
    assert found.carry == (3, 3, 2, 2)
    assert found.output_shape == (5, 9)
    assert not found.is_dense


@pytest.mark.parametrize(
    ("first", "number"),
    [
        (Convolution("conv", 3, 5), 1),
        (Convolution("conv", 3, 5, bias=False), 0),
        (Normalization("norm", 2), 0),
    ],
)
def test_the_pass_backward_comes_last_to_the_first_parts_smallest_weight(first, number):
    parts = (first, Normalization("after", 2), Flatten(), Dense("out", 1))
    assert Blueprint((4, 4, 2), (MaxPool(2, 2), *parts), "he").last_weight == number


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ((Dense("dense", 3),), "dense: a dense layer on pixels"),
        ((Flatten(), Convolution("conv", 3, 2)), r"not \(32,\)"),
        ((Flatten(), MaxPool(2, 2)), r"not \(32,\)"),
        (
            (Residual("block", (Convolution("conv", 3, 4),)),),
            r"block: the branch makes \(4, 4, 4\) of \(4, 4, 2\), the shortcut \(4, 4, 2\)",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, refusal):
    with pytest.raises(ValueError, match=refusal):
        _ = Blueprint((4, 4, 2), parts, "he").output_shape
