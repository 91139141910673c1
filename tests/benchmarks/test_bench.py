"""The suite at its smallest, and contestants that compute something else."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from whysgd.base.errors import UserError
from whysgd.benchmarks.agreement import DisagreementError, disagreement
from whysgd.benchmarks.bench import QUICK, Bench
from whysgd.benchmarks.contestants.ours import Ours
from whysgd.benchmarks.growth import measure_growth
from whysgd.benchmarks.memory import measure_memory
from whysgd.benchmarks.overhead import shortened
from whysgd.benchmarks.problem import write_problem
from whysgd.benchmarks.roster import ENTRANTS, MATMULS, OURS
from whysgd.benchmarks.rows import ROWS, WORKLOADS, members_of, program_of
from whysgd.benchmarks.suite import chosen
from whysgd.benchmarks.worker import Session, Worker, WorkerError
from whysgd.cli import main
from whysgd.config.files import CONFIG_DIR, read_yaml, validated
from whysgd.config.settings import ScaleSettings
from whysgd.runs.grid import plan_jobs
from whysgd.studies.implicit_regularization.study import STUDY

MLP64 = WORKLOADS[0]
ROW = next(row for row in ROWS if row.name == "mlp64-7")


class LocalWorker:
    """A worker without a process."""

    def __init__(self, entrant):
        self.entrant, self._session = entrant, Session(entrant)

    def call(self, command, *arguments):
        return getattr(self._session, command)(*arguments)


class Changed(Ours):
    """Ours, with members that differ from those of the problem."""

    changes: dict = {}

    def __init__(self, problem):
        members = tuple(
            member.model_copy(update={key: change(getattr(member, key))})
            for member in problem.members
            for key, change in self.changes.items()
        )
        super().__init__(replace(problem, members=members or problem.members))


class WrongQuarter(Changed):
    changes = {"reg_coefficient": lambda value: 2 * value}


class WrongRate(Changed):
    changes = {"learning_rate": lambda value: 1.02 * value}


class WrongOrder(Ours):
    def train(self, minibatches):
        # The reference's last minibatch is left out and another one trained on at the end.
        super().train(minibatches + 1)


class LazyBias(Ours):
    """One parameter stays where it was."""

    def parameters(self):
        initial = [np.asarray(p) for p in self._trainer.initial_state()[0].parameters]
        return [*super().parameters()[:-1], initial[-1]]


def bench(tmp_path, kind, factory):
    problem = write_problem(program_of(MLP64, kind), members_of(MLP64, kind), 64, tmp_path)
    entrant = replace(OURS, name="other", title="Other", module=__name__, factory=factory)
    return Bench({kind: problem}, [LocalWorker(OURS), LocalWorker(entrant)], QUICK, tmp_path)


@pytest.mark.parametrize(
    ("kind", "factory"),
    [
        ("penalty", "WrongQuarter"),
        ("plain", "WrongRate"),
        ("plain", "WrongOrder"),
        ("n4", "LazyBias"),
    ],
)
def test_a_contestant_that_computes_something_else_is_an_error(tmp_path, kind, factory):
    with pytest.raises(DisagreementError, match=rf"mlp64-7, {kind}: Other differs from whysgd in"):
        bench(tmp_path, kind, factory).measure(ROW)


def test_one_that_computes_the_same_is_timed_in_every_round(tmp_path):
    timed = bench(tmp_path, "penalty", "Changed").measure(ROW)["penalty"]
    assert timed.keys() == {"whysgd", "other"}
    assert timed["other"]["disagreement"]["share"] == 0
    assert [len(found["cpu_seconds"]) for found in timed.values()] == [QUICK.rounds] * 2


def test_what_is_not_finite_is_no_agreement():
    start, reference = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    found = reference.copy()
    assert disagreement(["w"], [start], [reference], [found], 1).share == 0
    found[1, 2] = np.nan
    assert disagreement(["w"], [start], [reference], [found], 1).share == np.inf
    assert disagreement(["w"], [start], [reference], [found[:1]], 1).share == np.inf


@pytest.mark.slow
def test_the_suite_runs_with_every_contestant_that_is_installed(tmp_path, capsys):
    document = tmp_path / "performance.md"
    document.write_text("<!-- begin: written by make benchmark -->\n<!-- end -->\n")
    options = ["--quick", "--results", str(tmp_path), "--document", str(document)]
    assert main(["benchmark", "--rows", "mlp64-1", *options]) == 0
    kinds = json.loads((tmp_path / "mlp64-1.json").read_text())["kinds"]
    for timed in kinds.values():
        assert timed.keys() == {entrant.name for entrant in ENTRANTS if entrant.available}
        assert all(found["disagreement"]["share"] <= 1 for found in timed.values())
    assert "| MLP 64x3 | 1 | penalty |" in document.read_text()
    assert capsys.readouterr().out.strip() in document.read_text()


def test_the_products_of_a_perceptron_are_timed_beside_it(tmp_path):
    workload = replace(MLP64, name="small", model="mlp-8-8", members=(2,))
    problem = write_problem(
        program_of(workload, "plain"), members_of(workload, "plain"), 9, tmp_path
    )
    for use_xla in (False, True):
        contestant = MATMULS.make(problem, {"members_at_once": 2, "use_xla": use_xla})
        contestant.start(range(2))
        contestant.train(3)


def test_a_contestant_that_fails_or_dies_is_told_with_its_reason():
    worker = Worker(OURS)
    with pytest.raises(WorkerError, match=r"whysgd: keep failed\n(.*\n)*TypeError: "):
        worker.call("keep")
    worker.call("take", "nothing")  # it goes on after a failure
    worker._process.kill()
    with pytest.raises(WorkerError, match="whysgd: the process ended with -9"):
        worker.call("take", "nothing")


def test_growth_is_timed_at_every_size_and_length():
    growth = measure_growth(LocalWorker(OURS), MLP64, (1, 2), (4, 8), rounds=3)
    assert [(case["members"], case["minibatches"]) for case in growth["members"]] == [
        (1, 16),
        (2, 8),
    ]
    assert [(case["members"], case["minibatches"]) for case in growth["updates"]] == [
        (7, 4),
        (7, 8),
    ]
    assert all(len(case["cpu_seconds"]) == 3 for case in growth["members"] + growth["updates"])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak memory")
def test_memory_is_counted_in_copies_of_all_members_parameters():
    found = measure_memory(LocalWorker(OURS), MLP64, 2)
    sizes = (64, 64, 64, 64, 10)
    copy = sum((m + 1) * n for m, n in zip(sizes, sizes[1:], strict=False)) * 2 * 4
    assert found["copy_bytes"] == copy
    assert found["peak_bytes"] > found["before_bytes"] > 0


def test_an_unknown_row_is_one_line():
    with pytest.raises(UserError, match=r"--rows: unknown 'mlp63'; known: mlp64, .*memory"):
        chosen(["mlp63"])


def test_a_workloads_name_stands_for_its_rows():
    rows, figures = chosen(["mlp64", "wrn8-7", "planning"])
    assert [row.name for row in rows] == ["mlp64-1", "mlp64-7", "mlp64-63", "wrn8-7"]
    assert figures == ["planning"]


def test_the_shortened_workflow_has_the_same_jobs_and_evaluations():
    content = read_yaml(CONFIG_DIR / "scales" / "quick.yaml")
    # What the default target trains: other sweeps may be too short to be shortened.
    drawn = {
        curves.experiment for figure in STUDY.figures if figure.default for curves in figure.curves
    }
    content["experiments"] = {k: v for k, v in content["experiments"].items() if k in drawn}
    long, short = (
        plan_jobs(validated(ScaleSettings, c, "scale")).ensembles.values()
        for c in (content, shortened(content))
    )
    assert len(short) == len(long)
    assert [len(e.members) for e in short] == [len(e.members) for e in long]
    assert all(e.program.num_minibatches >= e.program.num_evaluations for e in short)
    assert [20 * e.program.num_minibatches for e in short] == [
        e.program.num_minibatches for e in long
    ]
