"""Counts of operations and bytes."""

import pytest

from tests.conftest import make_program
from whysgd.benchmarks.rows import KINDS, WORKLOADS, program_of
from whysgd.models import build_network
from whysgd.spec.operations import update_cost, working_set


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_all_parameters_but_skipinits_factors_are_counted(workload):
    program = program_of(workload, "plain")
    network = build_network(
        program.model,
        input_shape=program.dataset.image_shape,
        num_classes=10,
        replicas=1,
        base_width=16,
    )
    factors = sum(name.endswith("factor") for name in network.parameter_names)
    assert update_cost(program).parameters == network.num_parameters - factors


def test_operations_of_a_small_perceptron_are_those_counted_by_hand():
    # 64-9-7-10 at batch size 4, multiplications and additions of each product.
    first, second, third = (2 * 4 * m * n for m, n in ((64, 9), (9, 7), (7, 10)))
    cost = update_cost(make_program())
    assert cost.plain == 2 * first + 3 * (second + third)
    assert cost.penalty == 4 * first + 9 * (second + third)
    factored = update_cost(make_program(penalty={"method": "factored"}))
    assert factored.plain == cost.plain
    assert factored.penalty == 2 * first + 6 * (second + third)


def test_the_working_set_is_parameters_and_the_outputs_of_a_minibatch():
    # 64-9-7-10 at batch size 4.
    assert working_set(make_program()) == (64 + 1) * 9 + 10 * 7 + 8 * 10 + 4 * (9 + 7 + 10)
    # One pass over the filters' pixels more for every example more.
    small, large = (make_program(model="wrn-10-1", batch_size=size) for size in (4, 5))
    outputs = sum(work.outputs for work in small.blueprint.works)
    assert working_set(large) - working_set(small) == outputs


def test_a_convolution_is_counted_at_the_pixels_that_it_writes():
    stem, *others = make_program(model="wrn-10-1", base_width=16).blueprint.works
    assert stem.operations == 2 * 3 * 3 * 1 * 16 * 8 * 8
    assert stem.outputs == 16 * 8 * 8
    # The last convolution works on 8 / 4 = 2 pixels a side.
    assert others[-3].operations == 2 * 3 * 3 * 64 * 64 * 2 * 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_workload_is_a_valid_program(kind):
    assert [program_of(workload, kind).updates_per_batch for workload in WORKLOADS] == [
        4 if kind == "n4" else 1
    ] * len(WORKLOADS)
