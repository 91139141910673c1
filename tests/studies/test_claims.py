"""The claims of every study, each on tables on both sides of its threshold."""

import numpy as np
import pandas as pd
import pytest

from tests.claims.synthetic import world
from whysgd.claims.kinds import Elsewhere, Order
from whysgd.claims.records import Claims
from whysgd.claims.verdicts import Verdict, judge_claims
from whysgd.studies.registry import claims_of_all
from whysgd.theory.fits import SLOPE_COLUMNS

CLAIMS = claims_of_all()
OF_RUNS = [name for name, claim in CLAIMS.claims.items() if claim.figure]
OF_SLOPES = [name for name, c in CLAIMS.claims.items() if isinstance(c.statistic, Order)]


def only(name):
    rules = CLAIMS.bootstrap.model_copy(update={"resamples": 300})  # enough, and quick
    return Claims(bootstrap=rules, claims={name: CLAIMS.claims[name]})


def judged(name, right=True, **options):
    claim = CLAIMS.claims[name]
    runs = {claim.figure: world(claim, right, **options)}
    return judge_claims(only(name), runs, None, min(5, options.get("seeds", 7)))[0]


@pytest.mark.parametrize("name", OF_RUNS)
def test_a_world_in_which_the_claim_is_true_reproduces_it(name):
    found = judged(name, True)
    assert found.verdict is Verdict.REPRODUCED, (found.estimate, found.reason)
    assert found.seeds == 7


@pytest.mark.parametrize("name", OF_RUNS)
def test_a_world_in_which_it_is_false_does_not(name):
    found = judged(name, False)
    assert found.verdict is Verdict.NOT_REPRODUCED, (found.estimate, found.reason)


@pytest.mark.parametrize("name", OF_RUNS)
@pytest.mark.parametrize("seeds", [1, 4])
def test_few_seeds_decide_nothing(name, seeds):
    found = judged(name, True, seeds=seeds)
    assert found.verdict is Verdict.UNDECIDED
    assert f"{seeds} seed" in found.reason
    assert "at least 5 are needed" in found.reason


@pytest.mark.parametrize("name", OF_RUNS)
def test_diverged_runs_everywhere_decide_nothing(name):
    claim = CLAIMS.claims[name]
    table = world(claim, True)
    table.loc[:, "test_accuracy":"c_reg"] = np.nan
    found = judge_claims(only(name), {claim.figure: table}, None, 5)[0]
    assert found.verdict is Verdict.UNDECIDED
    assert "finite" in found.reason or "are needed" in found.reason


@pytest.mark.parametrize("name", CLAIMS.claims)
def test_what_a_scale_does_not_run_is_undecided_and_says_so(name):
    found = judge_claims(only(name), {}, None, 5)[0]
    assert found.verdict is Verdict.UNDECIDED
    assert any(word in found.reason for word in ("no runs of", "no theory", "docs/performance"))


@pytest.mark.parametrize("name", OF_SLOPES)
@pytest.mark.parametrize(
    ("shift", "reach", "verdict"),
    [
        (0.05, 0.02, Verdict.REPRODUCED),
        (0.5, 0.02, Verdict.NOT_REPRODUCED),
        (0.05, 0.2, Verdict.UNDECIDED),
    ],
)
def test_orders_are_judged_by_the_series_that_is_furthest_off(name, shift, reach, verdict):
    statistic = CLAIMS.claims[name].statistic
    expected = statistic.expected_slope
    series = [(expected, 0.01), (expected - shift, reach)]
    if verdict is Verdict.NOT_REPRODUCED:  # one series is right: only the other is not
        series = series[1:]
    table = pd.DataFrame(
        [
            (statistic.check, "p", statistic.quantity, 4, 1, s, s - r, s + r, 6, expected, np.nan)
            for s, r in series
        ],
        columns=list(SLOPE_COLUMNS),
    )
    found = judge_claims(only(name), {}, table, 5)[0]
    assert found.verdict is verdict
    assert found.estimate.value == pytest.approx(expected - shift)
    # The interval reaches from the lowest end of any series to the highest.
    assert found.estimate.low == pytest.approx(min(slope - reach for slope, reach in series))
    assert found.estimate.high == pytest.approx(max(slope + reach for slope, reach in series))
    other = table.assign(expected_slope=9.0)  # rows of another expectation are not read
    assert judge_claims(only(name), {}, other, 5)[0].verdict is Verdict.UNDECIDED


def test_the_price_of_the_penalty_is_said_to_be_measured_elsewhere():
    (name,) = (n for n, c in CLAIMS.claims.items() if isinstance(c.statistic, Elsewhere))
    assert "docs/performance.md" in judge_claims(only(name), {}, None, 5)[0].reason


@pytest.mark.parametrize(
    "name",
    [
        "figure1b_rate_rises",
        "figure1b_rate_falls",
        "figure1b_equal_optima",
        "figure2a_factor_16",
        "figure4a_accuracy_falls",
        "figure4a_stability_falls",
        "figure4c_tuned_accuracy_falls",
        "figure4c_falls_at_every_budget",
        "figure6a_similar_at_twice",
        "figure6a_regularizer_is_better",
    ],
)
def test_an_optimum_at_the_end_of_its_grid_decides_nothing(name):
    claim = CLAIMS.claims[name]
    table = world(claim, True)
    best = table.loc[table["test_accuracy"].idxmax()]
    rate = best["learning_rate"]
    falls = name.endswith("rate_falls") or "stability" in name
    cut = table[table["learning_rate"] <= rate] if falls else table[table["learning_rate"] >= rate]
    found = judge_claims(only(name), {claim.figure: cut}, None, 5)[0]
    assert found.verdict is Verdict.UNDECIDED
    assert "end of the grid" in found.reason


@pytest.mark.parametrize("name", [n for n in OF_RUNS if "stability" not in n])
def test_much_noise_decides_nothing(name):
    claim = CLAIMS.claims[name]
    table = world(claim, True)
    rng = np.random.default_rng(1)
    for metric in ("test_accuracy", "test_accuracy_final", "train_accuracy"):
        table[metric] = rng.uniform(0.3, 0.9, len(table))
    for metric in ("c_reg", "train_loss"):
        table[metric] = np.exp(rng.normal(0, 3, len(table)))
    found = judge_claims(only(name), {claim.figure: table}, None, 5)[0]
    assert found.verdict is not Verdict.REPRODUCED, found.estimate
