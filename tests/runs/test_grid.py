"""From experiments to points and jobs."""

import pytest

from whysgd.config.scales import ScaleSettings
from whysgd.config.sweeps import Sweeps
from whysgd.runs.grid import experiment_points, plan_jobs
from whysgd.spec.ensemble import Ensemble, Member
from whysgd.spec.program import Penalty
from whysgd.studies.registry import read_settings, scale_of

STUDY = "implicit_regularization"


def scale_with(
    experiments: dict, together: tuple[str, ...] | None = None, **jobs: object
) -> ScaleSettings:
    """Scale quick with other experiments, which go together unless it is said which do."""
    quick = read_settings({"scale": "quick"}).scale.model_dump(exclude_none=True)
    chosen = tuple(experiments) if together is None else together
    quick["studies"][STUDY] |= {"experiments": experiments, "together": chosen}
    quick["jobs"] |= jobs
    return scale_of(quick)


def sweeps_with(experiments: dict) -> Sweeps:
    return scale_with(experiments).sweeps[STUDY]


def test_axes_are_multiplied_out():
    sweeps = sweeps_with(
        {"e": {"program": "mlp", "batch_size": [4, 8], "learning_rate": "2^-2..2^0", "updates": 40}}
    )
    points = experiment_points(sweeps, "e")
    assert [(p.program.batch_size, p.learning_rate) for p in points] == [
        (b, rate) for b in (4, 8) for rate in (0.25, 0.5, 1.0)
    ]
    assert {p.program.num_minibatches for p in points} == {40}
    assert {p.program.penalty for p in points} == {None}


def test_ratios_are_multiplied_by_the_batch_size():
    sweeps = sweeps_with(
        {
            "e": {
                "program": "mlp",
                "batch_size": [4, 8],
                "learning_rate": 0.5,
                "reg_coefficient_over_batch_size": ["2^-3"],
            }
        }
    )
    points = experiment_points(sweeps, "e")
    assert [(p.reg_coefficient, p.program.penalty) for p in points] == [
        (0.5, Penalty(method="factored")),
        (1.0, Penalty(method="factored")),
    ]


@pytest.mark.parametrize(
    ("budget", "n", "batch_size", "expected"),
    [
        ({"epochs": 3}, 1, 8, 120),
        ({"epochs": 3}, 4, 8, 120),  # epochs count passes over the data, not updates
        ({"updates": 120}, 4, 8, 30),
        ({"epochs": 1}, 1, 100, 3),  # 320 = 3 * 100 + 20: the last 20 are left out
        ({"epochs": 1}, 1, 320, 1),
    ],
)
def test_budgets_become_minibatches(budget, n, batch_size, expected):
    experiment = {
        "program": "mlp",
        "learning_rate": 1,
        "updates_per_batch": n,
        "batch_size": batch_size,
        **budget,
    }
    (point,) = experiment_points(sweeps_with({"e": experiment}), "e")
    assert point.program.num_minibatches == expected
    assert point.program.num_updates == expected * n


def test_experiments_that_overlap_share_runs():
    sweep = {"program": "mlp", "learning_rate": [0.25, 0.5], "epochs": 3}
    same_in_updates = {"program": "mlp", "learning_rate": 0.5, "updates": 120}
    jobs = plan_jobs(scale_with({"a": sweep, "b": same_in_updates}))
    (ensemble,) = jobs.ensembles.values()
    assert len(ensemble.members) == 2 * 7


def test_members_are_split_into_jobs_of_nearly_equal_size():
    sweep = {"program": "mlp", "learning_rate": "2^-5..2^-1"}
    whole = plan_jobs(scale_with({"a": sweep})).ensembles
    assert [len(e.members) for e in whole.values()] == [35]
    split = plan_jobs(scale_with({"a": sweep}, max_members=12)).ensembles
    assert sorted(len(e.members) for e in split.values()) == [11, 12, 12]
    points = plan_jobs(scale_with({"a": sweep}, split="point")).ensembles
    assert [len(e.members) for e in points.values()] == [7] * 5


def test_adding_a_rate_adds_one_job_where_points_are_jobs():
    few = scale_with({"a": {"program": "mlp", "learning_rate": [0.25, 0.5]}}, split="point")
    more = scale_with({"a": {"program": "mlp", "learning_rate": [0.25, 1, 0.5]}}, split="point")
    before, after = set(plan_jobs(few).ensembles), set(plan_jobs(more).ensembles)
    assert before < after
    assert len(after - before) == 1


def test_every_run_is_in_the_job_that_the_plan_names():
    scale = read_settings({"scale": "quick"}).scale
    jobs, sweeps = plan_jobs(scale).studies[STUDY], scale.sweeps[STUDY]
    for name in sweeps.experiments:
        for point in experiment_points(sweeps, name):
            for seed in sweeps.runs.seeds:
                ensemble = jobs.ensembles[jobs.run_id(point, seed)]
                assert point.program == ensemble.program
                assert point.member(seed) in ensemble.members


@pytest.mark.parametrize("split", ["program", "point"])
def test_one_more_experiment_renames_no_run_and_trains_only_what_is_new(split):
    old = {
        "a": {"program": "mlp", "learning_rate": [0.25, 0.5]},
        "b": {"program": "mlp", "learning_rate": [0.5, 1]},
    }
    new = {"c": {"program": "mlp", "learning_rate": [0.125, 0.5, 2]}}
    before = plan_jobs(scale_with(old, split=split)).ensembles
    for experiments in (old | new, new | old):  # wherever it stands in the file
        plan = plan_jobs(scale_with(experiments, tuple(old), split=split))
        added = {key: e for key, e in plan.ensembles.items() if key not in before}
        assert set(before) < set(plan.ensembles)
        members = [member for ensemble in added.values() for member in ensemble.members]
        assert sorted({member.learning_rate for member in members}) == [0.125, 2]
        assert len(members) == 2 * 7
        jobs = plan.studies[STUDY]
        for point in experiment_points(scale_with(experiments).sweeps[STUDY], "c"):
            assert point.member(3) in plan.ensembles[jobs.run_id(point, 3)].members


def test_an_experiment_that_stays_out_shares_no_job_with_another_one():
    sweep = {"program": "mlp", "learning_rate": 0.25}
    other = {"program": "mlp", "learning_rate": 0.5}
    assert len(plan_jobs(scale_with({"a": sweep, "b": other})).ensembles) == 1
    assert len(plan_jobs(scale_with({"a": sweep, "b": other}, together=())).ensembles) == 2


def test_run_ids_tell_apart_whatever_shapes_a_run():
    (ensemble,) = plan_jobs(
        scale_with({"a": {"program": "mlp", "learning_rate": 0.5}}, max_members=99)
    ).ensembles.values()
    changes = {
        "model": "mlp-64-64",
        "batch_size": 4,
        "updates_per_batch": 2,
        "num_minibatches": 7,
        "weight_decay": 0.1,
        "penalty": Penalty(),
        "augmentation": "crop",
        "num_evaluations": 3,
        "c_reg": "every",
        "preprocessing": "per_channel",
    }
    ids = {ensemble.run_id}
    for key, value in changes.items():
        program = ensemble.program.model_copy(update={key: value})
        ids.add(Ensemble(program=program, members=ensemble.members).run_id)
    ids.add(Ensemble(program=ensemble.program, members=ensemble.members[1:]).run_id)
    assert len(ids) == len(changes) + 2


def test_an_ensemble_refuses_a_member_twice_and_a_penalty_without_a_method():
    (ensemble,) = plan_jobs(
        scale_with({"a": {"program": "mlp", "learning_rate": 0.5}})
    ).ensembles.values()
    member = ensemble.members[0]
    with pytest.raises(ValueError, match="twice"):
        Ensemble(program=ensemble.program, members=(member, member))
    penalized = Member(learning_rate=0.5, reg_coefficient=0.1, seed=0)
    with pytest.raises(ValueError, match="needs a penalty"):
        Ensemble(program=ensemble.program, members=(penalized,))
