"""The compiled program: what must hold bit for bit, and what to rounding."""

import logging
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tests.conftest import (
    NUM_TRAIN,
    final_parameters,
    joined_parameters,
    make_ensemble,
    make_program,
    train_to,
)
from whysgd.models import build_network
from whysgd.spec.operations import working_set
from whysgd.training import blocks as blocks_module
from whysgd.training.augmentation import _uniform, augment
from whysgd.training.blocks import blocks
from whysgd.training.evaluation import (
    Examples,
    add_evaluation,
    add_grad_norms_sq,
    batch_count,
    piece_of,
)
from whysgd.training.inputs import BatchOrder, make_chunk
from whysgd.training.job.run import train_ensemble
from whysgd.training.trainer import Trainer

LOGGER = logging.getLogger("test")
MODELS = ["mlp-9-7", "wrn-10-1"]
# Sums of a few dozen terms in another order.
FLOAT64 = {"rtol": 1e-9, "atol": 1e-12}


def assert_same_bits(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("mlp-9-7", "double_backprop"),
        ("mlp-9-7", "factored"),
        ("mlp-9-7", "forward_over_reverse"),
        ("wrn-10-1", "double_backprop"),
        ("wrn-10-1", "forward_over_reverse"),
    ],
)
def test_zero_reg_coefficient_is_plain_sgd(dataset, model, method):
    members = [(0.1, 0.0, 0), (0.05, 0.0, 1)]
    plain = make_ensemble(*members, model=model)
    penalized = make_ensemble(*members, model=model, penalty={"method": method})
    for a, b in zip(
        final_parameters(plain, dataset, "float64"),
        final_parameters(penalized, dataset, "float64"),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, **FLOAT64)


def test_reg_coefficient_changes_the_result(dataset):
    plain = make_ensemble((0.1, 0.0, 0), penalty={})
    penalized = make_ensemble((0.1, 0.1, 0), penalty={})
    a, b = final_parameters(plain, dataset), final_parameters(penalized, dataset)
    assert all(np.abs(x - y).max() > 1e-5 for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("n", [1, 3])
def test_an_ensemble_equals_its_members_trained_alone(dataset, model, n):
    members = [(0.1, 0.0, 0), (0.03, 0.1, 1), (0.05, 0.2, 0)]
    changes = {
        "model": model,
        "penalty": {},
        "updates_per_batch": n,
        "weight_decay": 1e-3,
        "augmentation": "crop_flip",
    }
    together = final_parameters(make_ensemble(*members, **changes), dataset, "float64")
    for index, member in enumerate(members):
        alone = final_parameters(make_ensemble(member, **changes), dataset, "float64")
        for a, b in zip(together, alone, strict=True):
            np.testing.assert_allclose(a[index], b[0], **FLOAT64)


def test_a_diverging_member_leaves_its_neighbours_untouched(dataset):
    # The same program with and without a member that diverges in the same place.
    calm = [(0.1, 0.0, 0), (0.01, 0.0, 1), (0.05, 0.0, 2)]
    wild = [calm[0], (1e30, 0.0, 1), calm[2]]
    a = final_parameters(make_ensemble(*calm), dataset)
    b = final_parameters(make_ensemble(*wild), dataset)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x[[0, 2]], y[[0, 2]])


def test_a_diverged_member_is_recorded_and_its_metrics_are_empty(dataset):
    history = train_ensemble(make_ensemble((0.1, 0, 0), (1e30, 0, 1)), dataset, LOGGER)
    calm, wild = (history[history["seed"] == seed] for seed in (0, 1))
    assert (calm["diverged_at"] == -1).all()
    assert wild["diverged_at"].iloc[0] == -1  # evaluated before the first update
    assert (wild["diverged_at"].iloc[1:] >= 1).all()
    assert wild[["train_loss", "test_accuracy"]].iloc[1:].isna().all(axis=None)
    assert np.isfinite(calm[["train_loss", "test_accuracy"]]).all(axis=None)


def test_how_often_a_run_is_evaluated_changes_no_weight(dataset):
    often = make_ensemble((0.1, 0, 0), num_evaluations=12)
    history = train_ensemble(often, dataset, LOGGER)
    seldom = train_ensemble(make_ensemble((0.1, 0, 0), num_evaluations=1), dataset, LOGGER)
    assert history.iloc[-1].to_dict() == seldom.iloc[-1].to_dict()


def test_how_training_is_cut_into_chunks_changes_no_weight(dataset):
    ensemble = make_ensemble((0.1, 0, 0), augmentation="crop")
    trainer = Trainer(ensemble, dataset)
    whole = train_to(trainer, trainer.initial_state(), 0, 12)
    parts = trainer.initial_state()
    for first, last in pairwise((0, 1, 6, 7, 12)):
        parts = train_to(trainer, parts, first, last)
    assert_same_bits(joined_parameters(whole, 1), joined_parameters(parts, 1))


def test_every_example_comes_once_an_epoch():
    program = make_program(batch_size=2)
    order = BatchOrder(program, [4, 9]).minibatches(0, 33)  # three epochs of 11
    for epoch in np.split(order, 3):
        for seed in range(2):
            np.testing.assert_array_equal(np.sort(epoch[:, seed].ravel()), np.arange(NUM_TRAIN))
    assert (order[:11] != order[11:22]).any()
    assert (order[:, 0] != order[:, 1]).any()


def test_the_last_examples_of_a_permutation_are_left_out():
    program = make_program(batch_size=5)  # 22 = 4 * 5 + 2
    assert program.minibatches_per_epoch == 4
    order = BatchOrder(program, [0]).minibatches(0, 4)
    assert len(np.unique(order)) == 20


def test_an_order_does_not_depend_on_where_reading_starts():
    program = make_program()
    whole = BatchOrder(program, [0, 1]).minibatches(0, 20)
    np.testing.assert_array_equal(BatchOrder(program, [1]).minibatches(7, 9), whole[7:16, 1:])


def test_a_chunk_is_padded_to_its_capacity():
    program = make_program(schedule={"kind": "halving"})
    chunk = make_chunk(program, BatchOrder(program, [0]), 5, 4, 10, "float64")
    assert chunk.order.shape == (10, 1, 4)
    np.testing.assert_array_equal(chunk.rate_factors[:4], [1, 0.5, 0.5, 0.25])
    assert int(chunk.count) == 4


def shifts_of(images):
    keys, seeds = tf.constant([11, 12], tf.int64), tf.constant([0, 1, 0])
    return augment(images, seeds, keys, tf.constant(7, tf.int64), padding=2, flip=True)


def test_augmentation_is_the_same_in_graph_mode_and_under_xla(dataset):
    images = tf.constant(dataset.x_train[np.newaxis, :6].repeat(3, 0), tf.float32)
    eager = shifts_of(images)
    for use_xla in (False, True):
        compiled = tf.function(shifts_of, jit_compile=use_xla)(images)
        np.testing.assert_array_equal(eager, compiled)
    np.testing.assert_array_equal(eager[0], eager[2])  # one seed crops alike
    assert np.any(eager[0] != eager[1])


def test_uniform_numbers_are_the_same_in_graph_mode_and_under_xla_and_uniform():
    for key, counter in ((0, 0), (2**62, 5), (123, 2**40)):
        seed = tf.constant([key, counter], tf.int64)
        draws = [
            tf.function(lambda seed: _uniform((4000,), seed), jit_compile=use_xla)(seed).numpy()
            for use_xla in (False, True)
        ]
        np.testing.assert_array_equal(*draws)
        assert draws[0].min() >= 0
        assert draws[0].max() < 1
        # Mean and variance of 4000 uniform numbers, within five standard errors.
        np.testing.assert_allclose(draws[0].mean(), 1 / 2, atol=5 * np.sqrt(1 / 12 / 4000))
        np.testing.assert_allclose(draws[0].var(), 1 / 12, atol=5 * np.sqrt(1 / 180 / 4000))


def test_augmented_images_are_crops_of_the_reflected_image(dataset):
    images = dataset.x_train[np.newaxis, :6].astype(np.float32)
    out = np.asarray(
        augment(
            tf.constant(images),
            tf.constant([0]),
            tf.constant([3], tf.int64),
            tf.constant(0, tf.int64),
            padding=2,
            flip=False,
        )
    )
    padded = np.pad(images[0], ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    places = set()
    for image, wide in zip(out[0], padded, strict=True):
        windows = {(y, x): wide[y : y + 8, x : x + 8] for y in range(5) for x in range(5)}
        matches = [place for place, window in windows.items() if np.array_equal(window, image)]
        assert len(matches) == 1
        places.update(matches)
    assert len(places) > 1


def float64_replicas(replicas):
    return build_network(
        "mlp-9-7", input_shape=(8, 8, 1), num_classes=10, replicas=replicas, dtype="float64"
    )


def float64_network(replicas):
    network = float64_replicas(replicas)
    return network, [tf.constant(w) for w in network.initial_parameters(range(replicas))]


def moved_up_and_down(parameters, sizes, step):
    """Parameters of 2P replicas, in which each of P numbers is larger, then smaller by a step."""
    flat = np.concatenate([np.ravel(parameter) for parameter in parameters])
    steps = step * np.eye(len(flat))
    moved = np.concatenate([flat + steps, flat - steps])
    parts = np.split(moved, np.cumsum(sizes)[:-1], axis=1)
    return [
        tf.constant(part.reshape(-1, *parameter.shape[1:]))
        for part, parameter in zip(parts, parameters, strict=True)
    ]


def everything(examples, batch_size):
    count = len(examples.labels)
    return piece_of(0, batch_count(count, batch_size), range(count))


def float64_examples(images, labels):
    return Examples(tf.constant(np.asarray(images, np.float64)), tf.constant(labels))


def zeros(replicas, count):
    return [tf.zeros(replicas, tf.float64)] * count


@pytest.mark.parametrize("batch_size", [5, 13, 100])
def test_evaluation_is_a_mean_over_examples_whatever_the_batches(dataset, batch_size):
    network, parameters = float64_network(2)
    images = np.asarray(dataset.x_test, np.float64)
    examples = float64_examples(images, dataset.y_test)
    piece = everything(examples, batch_size)
    sums = add_evaluation(network, parameters, examples, piece, zeros(2, 2), batch_size=batch_size)
    loss, accuracy = (np.asarray(total) / len(images) for total in sums)
    for replica in range(2):
        logits = np.asarray(network.logits(parameters, tf.constant(images[np.newaxis])))[replica]
        log_sum = np.log(np.exp(logits).sum(-1))
        expected = log_sum - logits[np.arange(len(logits)), dataset.y_test]
        np.testing.assert_allclose(loss[replica], expected.mean(), rtol=1e-10)
        right = logits.argmax(-1) == dataset.y_test
        np.testing.assert_allclose(accuracy[replica], right.mean(), rtol=1e-12)


def test_c_reg_is_the_mean_squared_norm_of_minibatch_gradients(dataset):
    network, parameters = float64_network(1)
    batch_size = 6
    used = len(dataset.x_train) // batch_size * batch_size
    examples = float64_examples(dataset.x_train / 16, dataset.y_train)
    piece = piece_of(0, used // batch_size, range(used))
    (measured,) = add_grad_norms_sq(
        network, parameters, examples, piece, zeros(1, 1), batch_size=batch_size
    )
    # An independent route: central differences of each minibatch's loss, one parameter at a time,
    # each of them in replicas of its own.
    step, total = 1e-6, 0.0
    sizes = [int(np.size(parameter)) for parameter in parameters]
    differing = float64_replicas(2 * sum(sizes))
    moved = moved_up_and_down(parameters, sizes, step)
    for first in range(0, used, batch_size):
        minibatch = Examples(*(array[first : first + batch_size] for array in examples))
        whole = everything(minibatch, batch_size)
        start = zeros(2 * sum(sizes), 2)
        losses, _ = add_evaluation(differing, moved, minibatch, whole, start, batch_size=batch_size)
        up, down = np.split(np.asarray(losses) / batch_size, 2)
        total += (((up - down) / (2 * step)) ** 2).sum()
    # Rounding 1e-16 / 1e-6 per difference, but ReLU kinks within a step are possible.
    np.testing.assert_allclose(measured[0], total, rtol=1e-5)


def test_measurements_in_pieces_are_the_same_bits(dataset):
    network, parameters = float64_network(2)
    examples = float64_examples(dataset.x_test, dataset.y_test)
    count = len(examples.labels) // 2 * 2
    some = partial(piece_of, examples=range(count))
    batches = count // 2
    for add, num_sums in ((add_evaluation, 2), (add_grad_norms_sq, 1)):
        add_some = partial(add, network, parameters, examples, batch_size=2)
        at_once = add_some(some(0, batches), zeros(2, num_sums))
        in_pieces = zeros(2, num_sums)
        for first, end in pairwise([0, 1, 4, batches]):
            in_pieces = add_some(some(first, end), in_pieces)
        assert_same_bits(at_once, in_pieces)


@pytest.mark.parametrize(("add", "num_sums"), [(add_evaluation, 2), (add_grad_norms_sq, 1)])
def test_a_set_is_measured_as_if_there_were_no_others(dataset, add, num_sums):
    network, parameters = float64_network(2)
    images, labels = np.asarray(dataset.x_test[:12], np.float64), dataset.y_test[:12]
    alone = float64_examples(images, labels)
    expected = add(
        network, parameters, alone, everything(alone, 6), zeros(2, num_sums), batch_size=6
    )
    # Neighbours that would turn every sum that they got into to NaN.
    images = np.pad(images, ((5, 9), *[(0, 0)] * 3), constant_values=np.nan)
    beside = float64_examples(images, np.pad(labels, (5, 9)))
    piece = piece_of(0, 2, range(5, 17))
    measured = add(network, parameters, beside, piece, zeros(2, num_sums), batch_size=6)
    assert_same_bits(measured, expected)


@pytest.mark.parametrize(
    ("total", "evaluations"), [(12, 3), (10, 4), (3, 8), (1, 1), (1250, 100), (7, 5)]
)
def test_evaluations_are_spread_evenly_and_include_both_ends(total, evaluations):
    program = make_program(num_minibatches=total, num_evaluations=evaluations)
    stops = program.evaluation_minibatches
    assert stops[0] == 0
    assert stops[-1] == total
    gaps = np.diff(stops)
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1
    assert stops == sorted({*np.round(np.linspace(0, total, evaluations + 1)).astype(int).tolist()})


def test_the_same_ensemble_twice_gives_the_same_history(dataset):
    ensemble = make_ensemble((0.1, 0.1, 0), (0.2, 0, 1), penalty={})
    first, second = (train_ensemble(ensemble, dataset, LOGGER) for _ in range(2))
    assert first.equals(second)


@pytest.mark.parametrize(
    ("count", "most", "sizes"),
    [
        (1, 4, [1]),
        (4, 4, [4]),
        (6, 4, [3, 3]),
        (5, 4, [2, 3]),  # 6 would be a fifth more
        (7, 2, [1, 2, 2, 2]),
        (20, 7, [7, 7, 7]),  # one more in 20 is padded
        (3, 1, [1, 1, 1]),
    ],
)
def test_blocks_hold_every_member_once_and_pad_little(count, most, sizes):
    members = list(make_ensemble(*[(0.1, 0, seed) for seed in range(count)]).members)
    split = blocks(members, most)
    assert [len(block) for block in split] == sizes
    flat = [member for block in split for member in block]
    assert flat[:count] == members
    assert set(flat[count:]) <= {members[-1]}


@pytest.mark.parametrize("most", [1, 2, 4])
def test_training_in_blocks_equals_training_at_once(dataset, monkeypatch, most):
    ensemble = make_ensemble(*[(0.02 * (seed + 1), 0, seed) for seed in range(5)])
    at_once = train_ensemble(ensemble, dataset, LOGGER, dtype="float64")
    size = 8 * working_set(ensemble.program)
    monkeypatch.setattr(blocks_module, "_CACHED_BYTES", most * size)
    assert max(Trainer(ensemble, dataset, "float64").layout) == min(most, 3)
    in_blocks = train_ensemble(ensemble, dataset, LOGGER, dtype="float64")
    pd.testing.assert_frame_equal(at_once, in_blocks, rtol=1e-9, atol=1e-12)


def test_a_member_with_parameters_that_are_not_finite_counts_as_diverged(dataset):
    """Even where the loss hides it: a fused convolution may turn NaN into 0."""
    trainer = Trainer(make_ensemble((0.1, 0, 0), (0.1, 0, 1), model="wrn-10-1"), dataset)
    states = trainer.initial_state()
    network = build_network("wrn-10-1", input_shape=(8, 8, 1), num_classes=10, replicas=2)
    index = next(i for i, name in enumerate(network.parameter_names) if "branch1" in name)
    broken = np.array(states[0].parameters[index])
    broken[1] = np.nan
    states[0].parameters[index] = tf.constant(broken)
    rows = trainer.evaluate(states, 8)
    assert list(rows["diverged_at"]) == [-1, 8]
    assert rows["test_accuracy"].isna().tolist() == [False, True]


def test_programs_that_differ_in_no_shape_are_compiled_once(dataset):
    """Budget, schedule and evaluations, rates and seeds are arguments of the compiled code."""
    blocks_module._compiled_block.cache_clear()
    members = [(0.1, 0.0, 0), (0.2, 0.0, 1)]
    ensembles = [
        make_ensemble(*members),
        make_ensemble(*members, num_minibatches=24, num_evaluations=4),
        make_ensemble(*members, schedule={"kind": "halving"}, c_reg="every"),
        make_ensemble((0.5, 0.0, 7), (0.3, 0.0, 9)),
    ]
    for ensemble in ensembles:
        train_ensemble(ensemble, dataset, LOGGER)
    compiled = blocks_module.compiled_block(ensembles[0].program, 2, "cpu", "float32").compiled
    assert blocks_module._compiled_block.cache_info().misses == 1
    for function in (compiled.train_chunk, compiled.add_evaluation, compiled.add_grad_norms_sq):
        assert function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"model": "mlp-9-6"},
        {"batch_size": 5},
        {"updates_per_batch": 2},
        {"weight_decay": 0.1},
        {"penalty": {"method": "factored"}},
        {"augmentation": "crop"},
    ],
)
def test_programs_that_differ_in_what_is_compiled_share_nothing(change):
    one, other = (make_ensemble((0.1, 0.0, 0), **changes).program for changes in ({}, change))
    assert blocks_module.compiled_block(one, 1, "cpu", "float32") is not (
        blocks_module.compiled_block(other, 1, "cpu", "float32")
    )
