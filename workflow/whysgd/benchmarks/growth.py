"""How the time of our training grows with members and with updates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whysgd.benchmarks.interleave import turns
from whysgd.benchmarks.problem import Problem
from whysgd.benchmarks.rows import Workload, members_of, program_of
from whysgd.benchmarks.worker import Worker

_MEMBERS_OF_LENGTHS = 7


def measure_growth(
    worker: Worker,
    workload: Workload,
    members: Sequence[int],
    minibatches: Sequence[int],
    rounds: int,
) -> dict[str, Any]:
    """Processor seconds of an ensemble against its size and against its length.

    Args:
        worker: ours.
        workload: whose plain updates are timed.
        members: sizes; the larger, the fewer minibatches.
        minibatches: lengths, with seven members.
        rounds: timings of each.

    Returns:
        Lists of members, minibatches and the seconds of each round, ready for JSON.
    """
    # So many by all members together that each size takes about as long.
    longest = 2 * max(minibatches)
    sizes = [(count, longest // count) for count in members]
    lengths = [(_MEMBERS_OF_LENGTHS, length) for length in minibatches]
    problem = Problem(program_of(workload, "plain"), members_of(workload, "plain"), (), Path())
    worker.call("choose", "growth", problem, {})
    seconds = _timed(worker, [*sizes, *lengths], rounds)
    records = [
        {"members": count, "minibatches": length, "cpu_seconds": timings}
        for (count, length), timings in zip([*sizes, *lengths], seconds, strict=True)
    ]
    return {"members": records[: len(sizes)], "updates": records[len(sizes) :]}


def _timed(worker: Worker, cases: Sequence[tuple[int, int]], rounds: int) -> list[list[float]]:
    seconds: list[list[float]] = [[] for _ in cases]
    for members, minibatches in cases:
        worker.call("train", range(members), minibatches)  # compiles
    for order in turns(range(len(cases)), rounds):
        for place in order:
            members, minibatches = cases[place]
            timing = worker.call("train", range(members), minibatches)
            seconds[place].append(timing.cpu_seconds)
    return seconds
