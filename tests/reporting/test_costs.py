"""What each figure costs."""

import math

import pytest

from whysgd.config.settings import load_settings
from whysgd.reporting.costs import ALL, COST_COLUMNS, cost_table
from whysgd.runs.grid import plan_jobs
from whysgd.studies.implicit_regularization.study import STUDY
from whysgd.studies.registry import FIGURES, STUDIES
from whysgd.studies.theory.study import STUDY as THEORY

TRAINED = [figure for figure in STUDY.figures if figure.default]


@pytest.fixture
def scale():
    return load_settings({"scale": "tiny"}).scale


def records(scale, **changes):
    """Every training job takes as many seconds as it has members, all else takes one."""
    jobs = {
        f"train/{run_id}": len(ensemble.members)
        for run_id, ensemble in plan_jobs(scale).ensembles.items()
    }
    jobs |= {f"{kind}/{figure.name}": 1.0 for figure in TRAINED for kind in ("table", "figure")}
    jobs |= {f"figure/{figure.name}": 1.0 for figure in THEORY.figures}
    jobs |= {f"theory/{job.name}": 1.0 for job in THEORY.computations}
    return {name: {"seconds": seconds} for name, seconds in {**jobs, **changes}.items()}


def test_runs_share_the_time_of_their_job(scale):
    costs = cost_table(scale, STUDIES, (), records(scale)).set_index("figure")
    assert tuple(costs.reset_index().columns) == COST_COLUMNS
    # Figure 2 reads two learning rates on C and two on C_mod, three seeds each: 10 updates a run.
    figure2 = costs.loc["figure2"]
    assert figure2["runs"] == 12
    assert figure2["updates"] == 120
    assert figure2["computing_seconds"] == pytest.approx(12)  # a second for each member
    assert figure2["drawing_seconds"] == 2


def test_the_last_line_counts_every_run_once(scale):
    costs = cost_table(scale, STUDIES, (), records(scale)).set_index("figure")
    jobs = plan_jobs(scale)
    read = {
        (jobs.run_id(point, seed), point.member(seed))
        for figure in TRAINED
        for point in figure.points(scale)
        for seed in scale.runs.seeds
    }
    each = costs.drop(index=ALL)
    assert costs.loc[ALL, "runs"] == len(read) < each["runs"].sum()
    theory = len(THEORY.computations)
    assert costs.loc[ALL, "computing_seconds"] == pytest.approx(len(read) + theory)
    assert costs.loc[ALL, "jobs"] == len({run_id for run_id, _ in read}) + theory
    assert costs.loc[ALL, "drawing_seconds"] == each["drawing_seconds"].sum()


def test_a_figure_that_only_a_claim_reads_costs_its_training_and_its_table(scale):
    name = "figure3_large_batch"
    known = records(scale, **{f"table/{name}": 1.0})
    costs = cost_table(scale, STUDIES, [name], known).set_index("figure")
    assert costs.loc[name, "drawing_seconds"] == 1
    assert costs.loc[name, "computing_seconds"] > costs.loc["figure3", "computing_seconds"]
    assert costs.loc[ALL, "computing_seconds"] > 0
    unknown = cost_table(scale, STUDIES, [name], records(scale)).set_index("figure")
    assert math.isnan(unknown.loc[name, "drawing_seconds"])


def test_an_unknown_time_is_not_taken_for_none(scale):
    jobs, figure7 = plan_jobs(scale), FIGURES["figure7"]
    *_, run_id = jobs.run_ids(figure7.points(scale), scale.runs.seeds)
    costs = cost_table(scale, STUDIES, (), records(scale, **{f"train/{run_id}": None}))
    costs = costs.set_index("figure")["computing_seconds"]
    assert math.isnan(costs["figure7"])
    assert math.isnan(costs[ALL])
    assert costs["figure2"] > 0


def test_a_scale_without_theory_has_no_rows_of_it(scale):
    plain = scale.model_copy(update={"theory": None})
    costs = cost_table(plain, STUDIES, (), records(plain))
    assert list(costs["figure"]) == [*(figure.name for figure in TRAINED), ALL]
    jobs = plan_jobs(plain)
    read = {
        run_id
        for figure in TRAINED
        for run_id in jobs.run_ids(figure.points(plain), plain.runs.seeds)
    }
    assert costs["jobs"].iloc[-1] == len(read)
