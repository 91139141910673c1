"""Plans: what is timed, what follows from it, and what readers see."""

import pytest

from tests.conftest import make_ensemble
from whysgd.base.errors import UserError
from whysgd.planning.estimate import JobEstimate, estimate_job, seconds_at_once
from whysgd.planning.stopwatch import measure_timing
from whysgd.planning.table import COLUMNS, Finished, plan_lines, plan_table
from whysgd.planning.timings import (
    Calibration,
    Timing,
    distinct_timings,
    needed_timings,
    read_calibration,
    timed_ensemble,
    timing_id,
)
from whysgd.spec.datasets import DatasetSpec

TIMING = Timing(
    device="cpu",
    start_seconds=3.0,
    compile_seconds=2.0,
    minibatch_seconds=0.5,
    evaluation_seconds=0.01,
    c_reg_seconds=0.25,
    peak_bytes=10**9,
)
MEMBERS = [(0.1, 0.0, 0), (0.2, 0.0, 1)]


@pytest.mark.parametrize(
    "changes",
    [
        {"num_minibatches": 500},
        {"num_evaluations": 1},
        {"c_reg": "every"},
        {"schedule": {"kind": "halving"}},
        {"dataset": DatasetSpec(source="digits", num_train=100, num_test=100)},
    ],
)
def test_budgets_data_and_rates_need_no_timing_of_their_own(changes):
    ensemble = make_ensemble(*MEMBERS)
    other = make_ensemble((0.3, 0.0, 7), (0.4, 0.0, 8), **changes)
    assert timing_id(other) == timing_id(ensemble)
    assert timed_ensemble(other) == timed_ensemble(ensemble)


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 2},
        {"updates_per_batch": 2},
        {"model": "mlp-9-8"},
        {"penalty": {"method": "factored"}},
        {"weight_decay": 0.1},
        {"augmentation": "crop"},
        {"dataset": DatasetSpec(source="noise-28x28x1", num_train=100, num_test=100)},
    ],
)
def test_what_shapes_the_program_is_timed_by_itself(changes):
    assert timing_id(make_ensemble(*MEMBERS, **changes)) != timing_id(make_ensemble(*MEMBERS))


def test_ensemble_sizes_and_seeds_are_timed_by_themselves():
    two = make_ensemble(*MEMBERS)
    three = make_ensemble(*MEMBERS, (0.3, 0.0, 2))
    one_seed = make_ensemble((0.1, 0.0, 0), (0.2, 0.0, 0))
    assert len(distinct_timings([two, three, one_seed, two])) == 3


def test_a_job_takes_the_sum_of_its_parts():
    # 12 minibatches of 4 of 30 images; 3 evaluations and the one at the start, of 30 + 20 images;
    # the norms of 7 minibatches once.
    ensemble = make_ensemble(
        *MEMBERS, dataset=DatasetSpec(source="digits", num_train=30, num_test=20)
    )
    estimate = estimate_job(ensemble, TIMING)
    assert estimate.seconds == pytest.approx(3 + 2 + 12 * 0.5 + 4 * 50 * 0.01 + 7 * 0.25)
    assert (estimate.runs, estimate.updates) == (2, 24)
    assert estimate.bytes == 10**9 + 3 * 4 * 50 * 64
    often = make_ensemble(*MEMBERS, dataset=ensemble.program.dataset, c_reg="every")
    assert estimate_job(often, TIMING).seconds == pytest.approx(estimate.seconds + 3 * 7 * 0.25)
    rarely = make_ensemble(
        *MEMBERS, dataset=ensemble.program.dataset, num_minibatches=2, num_evaluations=5
    )
    assert estimate_job(rarely, TIMING).seconds == pytest.approx(3 + 2 + 1 + 3 * 0.5 + 7 * 0.25)


def job(run_id: str, seconds: float) -> JobEstimate:
    return JobEstimate(run_id, runs=2, updates=10**6, seconds=seconds, bytes=2e9, device="cpu")


def test_jobs_at_once_fill_the_places():
    jobs = [job(str(hours), 3600.0 * hours) for hours in (1, 2, 3, 4)]
    assert seconds_at_once(jobs, 1) == 10 * 3600
    assert seconds_at_once(jobs, 2) == 5 * 3600
    assert seconds_at_once(jobs, 9) == 4 * 3600
    assert seconds_at_once([], 2) == 0


def test_jobs_that_figures_share_count_once():
    estimates = {name: job(name, 3600.0) for name in ("a", "b", "c")}
    table = plan_table(estimates, {"figure1": ["a", "b"], "figure2": ["b", "c"]})
    assert tuple(table.columns) == COLUMNS
    assert list(table["hours"]) == [2, 2, 3]
    assert list(table["new_hours"]) == [2, 1, 3]
    assert list(table["jobs"]) == [2, 2, 3]
    assert table["new_hours"][:-1].sum() == table["hours"].iloc[-1]
    lines = plan_lines("Plan", table, estimates.values(), [], 2)
    assert "| all | 3 | 6 | 3.00 | 3 | 3 | 1 | 2.0 |" in lines
    assert any("2 at once: 2:00:00" in line and "0 of 3 are done" in line for line in lines)


def test_finished_jobs_are_compared_with_what_was_expected():
    estimates = {name: job(name, 100.0) for name in ("a", "b", "c")}
    finished = [
        Finished(estimates[name], seconds)
        for name, seconds in (("a", 150.0), ("b", 50.0), ("c", None))
    ]
    table = plan_table(estimates, {"figure1": list("abc")})
    text = "\n".join(plan_lines("Plan", table, estimates.values(), finished, 1))
    assert "3 of 3 are done; what is left, 1 at once: 0:00:00" in text
    assert "2 finished jobs whose times are known took 1.00 times" in text
    assert "quartiles 0.75 and 1.25" in text


def test_a_calibration_that_lacks_a_timing_says_which(tmp_path):
    ensemble = make_ensemble(*MEMBERS)
    calibration = Calibration(machine={}, timings={timing_id(ensemble): TIMING})
    path = tmp_path / "calibration.json"
    path.write_text(calibration.model_dump_json())
    read = read_calibration(path)
    assert needed_timings(read, {"run": ensemble}) == {"run": TIMING}
    other = make_ensemble(*MEMBERS, batch_size=2)
    with pytest.raises(UserError, match=f"no timing of {timing_id(other)}"):
        needed_timings(read, {"run": ensemble, "other": other})
    with pytest.raises(UserError, match=r"nowhere\.json: cannot be read"):
        read_calibration(tmp_path / "nowhere.json")
    path.write_text("{machine: {}, timings: {a: {device: cpu}}}")
    with pytest.raises(UserError, match=r"timings\.a\.start_seconds"):
        read_calibration(path)


@pytest.mark.parametrize("penalty", [None, {"method": "factored"}])
def test_timing_measures_every_part(penalty):
    members = [(rate, 0.1 if penalty else 0.0, seed) for rate, _, seed in MEMBERS]
    timing = measure_timing(timed_ensemble(make_ensemble(*members, penalty=penalty)), 1.5)
    assert timing.device == "cpu"
    assert timing.start_seconds > 1.5
    assert 0 < timing.minibatch_seconds < timing.compile_seconds
    assert 0 < timing.evaluation_seconds < 1
    assert timing.peak_bytes > 10**7
