"""What each figure costs."""

import math

import pytest

from whysgd.config.settings import load_settings
from whysgd.reporting.costs import ALL, COST_COLUMNS, cost_table
from whysgd.runs.grid import plan_jobs
from whysgd.studies.implicit_regularization import FIGURES, figure_named
from whysgd.studies.theory import FIGURES as THEORY_FIGURES
from whysgd.studies.theory import JOBS as THEORY_JOBS


@pytest.fixture
def scale():
    return load_settings({"scale": "tiny"}).scale


def records(scale, **changes):
    """Every training job takes as many seconds as it has members, all else takes one."""
    jobs = {
        f"train/{run_id}": len(ensemble.members)
        for run_id, ensemble in plan_jobs(scale).ensembles.items()
    }
    jobs |= {f"{kind}/{figure.name}": 1.0 for figure in FIGURES for kind in ("table", "figure")}
    jobs |= {f"figure/{figure.name}": 1.0 for figure in THEORY_FIGURES}
    jobs |= {f"theory/{job.name}": 1.0 for job in THEORY_JOBS} | {"theory/theory_slopes": 1.0}
    return {name: {"seconds": seconds} for name, seconds in {**jobs, **changes}.items()}


def test_runs_share_the_time_of_their_job(scale):
    costs = cost_table(scale, FIGURES, records(scale)).set_index("figure")
    assert tuple(costs.reset_index().columns) == COST_COLUMNS
    # Figure 2 reads two learning rates on C and two on C_mod, three seeds each: 10 updates a run.
    figure2 = costs.loc["figure2"]
    assert figure2["runs"] == 12
    assert figure2["updates"] == 120
    assert figure2["computing_seconds"] == pytest.approx(12)  # a second for each member
    assert figure2["drawing_seconds"] == 2


def test_the_last_line_counts_every_run_once(scale):
    costs = cost_table(scale, FIGURES, records(scale)).set_index("figure")
    jobs = plan_jobs(scale)
    read = {
        (jobs.run_id(point, seed), point.member(seed))
        for figure in FIGURES
        for point in figure.points(scale)
        for seed in scale.runs.seeds
    }
    each = costs.drop(index=ALL)
    assert costs.loc[ALL, "runs"] == len(read) < each["runs"].sum()
    theory = len(THEORY_JOBS) + 1
    assert costs.loc[ALL, "computing_seconds"] == pytest.approx(len(read) + theory)
    assert costs.loc[ALL, "jobs"] == len({run_id for run_id, _ in read}) + theory
    assert costs.loc[ALL, "drawing_seconds"] == each["drawing_seconds"].sum()


def test_a_figure_that_only_a_claim_reads_costs_its_training_and_its_table(scale):
    name = "figure3_large_batch"
    known = records(scale, **{f"table/{name}": 1.0})
    costs = cost_table(scale, [*FIGURES, figure_named(name)], known).set_index("figure")
    assert costs.loc[name, "drawing_seconds"] == 1
    assert costs.loc[name, "computing_seconds"] > costs.loc["figure3", "computing_seconds"]
    assert costs.loc[ALL, "computing_seconds"] > 0
    assert math.isnan(
        cost_table(scale, [figure_named(name)], records(scale))["drawing_seconds"].iloc[0]
    )


def test_an_unknown_time_is_not_taken_for_none(scale):
    jobs, figure7 = plan_jobs(scale), figure_named("figure7")
    *_, run_id = jobs.run_ids(figure7.points(scale), scale.runs.seeds)
    costs = cost_table(scale, FIGURES, records(scale, **{f"train/{run_id}": None}))
    costs = costs.set_index("figure")["computing_seconds"]
    assert math.isnan(costs["figure7"])
    assert math.isnan(costs[ALL])
    assert costs["figure2"] > 0


def test_a_scale_without_theory_has_no_rows_of_it(scale):
    plain = scale.model_copy(update={"theory": None})
    costs = cost_table(plain, [figure_named("figure3")], records(plain))
    assert list(costs["figure"]) == ["figure3", ALL]
    assert costs["computing_seconds"].nunique() == 1
