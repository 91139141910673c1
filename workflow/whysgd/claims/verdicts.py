"""The verdict on a claim: whether its interval lies where the claim says."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from whysgd.claims.estimates import Estimate, estimate, nothing
from whysgd.claims.kinds import Elsewhere, Order
from whysgd.claims.orders import order_estimate
from whysgd.claims.records import Claim, Claims, Region
from whysgd.claims.sample import Sample


class Verdict(StrEnum):
    """What the runs say about a claim."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict.

    Attributes:
        name: of the claim.
        claim: what is claimed.
        estimate: the number that decides.
        verdict: on it.
        reason: for the verdict, in words.
        seeds: runs of each grid point; 0 where no runs are read.
    """

    name: str
    claim: Claim
    estimate: Estimate
    verdict: Verdict
    reason: str
    seeds: int


def judge_claims(
    claims: Claims,
    runs: Mapping[str, pd.DataFrame],
    slopes: pd.DataFrame | None,
    keep_best: int,
) -> list[Judgement]:
    """All claims, judged.

    Args:
        claims: with their rules.
        runs: by figure, columns `whysgd.runs.tables.RUN_COLUMNS`; without those that the scale
            does not have, or that are not run yet.
        slopes: fitted orders of accuracy, columns `whysgd.theory.fits.SLOPE_COLUMNS`; None where
            the scale computes none.
        keep_best: runs of a grid point that count.
    """
    rules = claims.bootstrap
    samples = {figure: Sample(table, keep_best, rules.resamples) for figure, table in runs.items()}
    judgements = []
    for name, claim in claims.claims.items():
        sample = samples.get(claim.figure) if claim.figure else None
        found = _estimate(claim, sample, slopes, rules.confidence)
        few = ""
        if sample is not None and len(sample.seeds) < rules.least_seeds:
            few = f"{_count(len(sample.seeds), 'seed')}; at least {rules.least_seeds} are needed"
        verdict, reason = verdict_on(claim.holds, found, few)
        seeds = len(sample.seeds) if sample is not None else 0
        judgements.append(Judgement(name, claim, found, verdict, reason, seeds))
    return judgements


def verdict_on(holds: Region, found: Estimate, too_few_seeds: str = "") -> tuple[Verdict, str]:
    """A verdict and its reason.

    Reproduced where the claim is true of the whole interval, not reproduced where it is true of no
    value in it; undecided where it is true of some, or where something stands against deciding.

    Args:
        holds: values for which the claim is true.
        found: the number and its interval.
        too_few_seeds: a reason not to decide; empty if there are enough.
    """
    problems = [problem for problem in (too_few_seeds, found.problem) if problem]
    if problems:
        return Verdict.UNDECIDED, "; ".join(problems)
    if holds.contains(found.low) and holds.contains(found.high):
        return Verdict.REPRODUCED, "the claim is true of the whole interval"
    if holds.is_over(found.low) or holds.is_under(found.high):
        return Verdict.NOT_REPRODUCED, "the claim is true of no value of the interval"
    return Verdict.UNDECIDED, "the claim is true of a part of the interval only"


def _estimate(
    claim: Claim, sample: Sample | None, slopes: pd.DataFrame | None, confidence: float
) -> Estimate:
    statistic = claim.statistic
    if isinstance(statistic, Elsewhere):
        return nothing(statistic.reason)
    if isinstance(statistic, Order):
        if slopes is None:
            return nothing("there is no theory study here")
        return order_estimate(statistic, slopes)
    if sample is None:
        return nothing(f"there are no runs of {claim.figure}")
    return estimate(statistic, sample, confidence)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
