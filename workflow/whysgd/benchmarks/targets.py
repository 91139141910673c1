"""The figures that the engine is held to, and what was measured."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whysgd.benchmarks.interleave import paired_ratio, summary
from whysgd.benchmarks.records import RowRecord
from whysgd.benchmarks.roster import MATMULS, OURS
from whysgd.benchmarks.rows import KINDS, ROWS, Row

Figures = Mapping[str, Mapping[str, Any]]  # by name, as the suite's files hold them


@dataclass(frozen=True)
class Target:
    """One figure; `met` is None where it was not measured, or not all of it."""

    figure: str
    reach: str
    measured: str
    met: bool | None


def targets(rows: Sequence[RowRecord], figures: Figures) -> list[Target]:
    """All figures, from whatever has been measured."""
    return [
        _penalty(rows),
        _keras(rows),
        *_peers(rows),
        _matmuls(rows),
        *_of(figures, "jobs", _jobs),
        *_of(figures, "memory", _memory),
        *_of(figures, "growth", _growth),
        *_of(figures, "planning", _planning),
    ]


def _of(
    figures: Figures, name: str, target: Callable[[Mapping[str, Any]], list[Target]]
) -> list[Target]:
    return target(figures[name]) if name in figures else [Target(name, "", "not measured", None)]


def _penalty(rows: Sequence[RowRecord]) -> Target:
    """Our penalty step over the fastest plain step of anybody, on every row."""
    factors = {row.row.name: row.penalty_factor().median for row in rows}
    return Target(
        "exact penalty step over the fastest plain step of any contestant",
        "at most 3.0 on every row",
        _list(factors),
        _on_all([factor <= 3.0 for factor in factors.values()], len(ROWS)),
    )


def _keras(rows: Sequence[RowRecord]) -> Target:
    """63 small perceptrons against Keras."""
    factors = {
        f"{row.row.name} {kind}": 1 / found[0].median
        for row in rows
        if row.row.name == "mlp64-63"
        for kind in KINDS
        if (found := row.against_peers(kind, "keras"))
    }
    return Target(
        "ensemble of 63 small MLPs against Keras `fit`, per run",
        "at least 20 times faster",
        _list(factors),
        _on_all([factor >= 20 for factor in factors.values()], len(KINDS)),
    )


def _peers(rows: Sequence[RowRecord]) -> list[Target]:
    """Every row against the faster of JAX and PyTorch."""
    ratios: dict[bool, dict[str, float]] = {False: {}, True: {}}
    for row in rows:
        for kind in KINDS:
            found = row.against_peers(kind, "jax", "torch")
            if found:
                ratios[_is_small(row.row)][f"{row.row.name} {kind}"] = found[0].median
    return [
        Target(
            f"time over the faster of JAX and PyTorch, {what}",
            f"at most {limit:g}",
            _list(ratios[small]),
            _on_all(
                [ratio <= limit for ratio in ratios[small].values()],
                len(KINDS) * sum(_is_small(row) == small for row in ROWS),
            ),
        )
        for what, limit, small in (
            ("63 members and all larger networks", 1.0, False),
            ("1 and 7 small MLPs", 1.5, True),
        )
    ]


def _is_small(row: Row) -> bool:
    return row.workload.name == "mlp64" and row.members < 63


def _matmuls(rows: Sequence[RowRecord]) -> Target:
    """The part of the machine's rate that the ensemble of wider perceptrons reaches."""
    shares = {
        row.row.name: paired_ratio(
            row.update_seconds("plain", MATMULS.name), row.update_seconds("plain", OURS.name)
        ).median
        for row in rows
        if MATMULS.name in row.content["kinds"]["plain"]
    }
    ensembles = {name: share for name, share in shares.items() if name != "mlp256-1"}
    return Target(
        "ensemble MLP 256: achieved rate over the machine's batched-matmul rate",
        "at least 0.7",
        _list(shares),
        _on_all([share >= 0.7 for share in ensembles.values()], 2),
    )


def _jobs(found: Mapping[str, Any]) -> list[Target]:
    clock = [job["seconds"] for job in found["jobs"]]
    cpu = [job["cpu_seconds"] for job in found["jobs"]]
    whole = found["seconds"] * found["cores"]
    return [
        Target(
            f"scale {found['scale']}, a training job without training",
            "at most 8 s",
            f"median {np.median(clock):.1f} s, longest {max(clock):.1f} s, of {len(clock)} jobs "
            f"(processor: {np.median(cpu):.1f} and {max(cpu):.1f} s)",
            max(clock) <= 8,
        ),
        Target(
            f"scale {found['scale']}, all training jobs without training",
            "at most 240 job-seconds",
            f"{sum(clock):.0f} job-seconds (processor: {sum(cpu):.0f}); the whole workflow with "
            f"scheduling, tables and figures: {whole:.0f} core-seconds",
            sum(clock) <= 240,
        ),
    ]


def _memory(found: Mapping[str, Any]) -> list[Target]:
    copies = (found["peak_bytes"] - found["before_bytes"]) / found["copy_bytes"]
    return [
        Target(
            "memory at MLP 4096, 7 members with penalty, in copies of the parameters",
            "at most 6",
            f"{copies:.2f} copies of {found['copy_bytes'] / 1e9:.2f} GB",
            copies <= 6,
        )
    ]


def _growth(found: Mapping[str, Any]) -> list[Target]:
    runs = [
        (case["members"], summary(case["cpu_seconds"]).median / case["minibatches"])
        for case in found["members"]
    ]
    per_run = {f"{members}": seconds / members * 1e6 for members, seconds in runs}
    first, last = (list(per_run.values())[place] for place in (0, -1))
    lengths = [case["minibatches"] for case in found["updates"]]
    seconds = [summary(case["cpu_seconds"]).median for case in found["updates"]]
    slope = float(np.polyfit(np.log(lengths), np.log(seconds), 1)[0])
    return [
        Target(
            "microseconds of an update and run against members",
            "flat or falling from 1 to 63",
            _list(per_run),
            last <= first,
        ),
        Target(
            f"time against updates, {lengths[0]} to {lengths[-1]}: exponent",
            "1, linear",
            f"{slope:.3f}",
            math.isclose(slope, 1, abs_tol=0.05),
        ),
    ]


def _planning(found: Mapping[str, Any]) -> list[Target]:
    clock, cpu = summary(found["seconds"]), summary(found["cpu_seconds"])
    return [
        Target(
            f"dry run of a grid of {found['jobs']} jobs",
            "under 5 s",
            f"{clock.median:.1f} s (processor: {cpu.median:.1f} s)",
            clock.median < 5,
        )
    ]


def _on_all(holds: Sequence[bool], count: int) -> bool | None:
    """Whether something holds for all of so many cases; None where it does so far."""
    if not all(holds):
        return False
    return True if len(holds) == count else None


def _list(values: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.3g}" for name, value in values.items()) or "not measured"
