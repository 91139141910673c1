"""Tables of runs with known truths, for every statistic and on both sides of a threshold."""

import numpy as np
import pandas as pd

from whysgd.claims.records import Claim
from whysgd.runs.readings import AtEnd
from whysgd.runs.tables import run_columns

GRID = 2.0 ** np.arange(-9, 0)
NOISE = 1e-4
BATCH_SIZES, LARGE_BATCHES, NS = (4, 8, 16), (4, 8, 256), (1, 2, 4, 8)
NUM_TRAIN = 320


def peak(x, best, height=0.9, width=0.01):
    """An accuracy that is highest where x is `best`, and falls by `width` within a factor of 2."""
    return height - width * (np.log2(x) - np.log2(best)) ** 2


def rows(
    curve, x, *, by="", seeds=7, noise=NOISE, n=1, batch_size=8, rate=None, diverged=(), **metrics
):
    """Runs of a curve: every metric at its level, with noise that a seed has at all of its points.

    Args:
        curve: (panel, curve).
        x: positions.
        by: column that tells the curve from others of its family.
        seeds: how many.
        noise: standard deviation over seeds.
        n: updates per batch.
        batch_size: of all points.
        rate: learning rates of the points; default: the positions.
        diverged: places in `x` at which all runs diverged.
        metrics: levels by name, one for each position or one for all.
    """
    x = np.asarray(x, float)
    offsets = noise * np.random.default_rng([n, batch_size]).standard_normal(seeds)
    levels = {"test_accuracy": 0.9, "test_accuracy_final": 0.9, "train_accuracy": 0.95}
    levels |= {"train_accuracy_final": 0.95, "train_loss": 0.1, "c_reg": 0.3, **metrics}
    rates = x if rate is None else np.broadcast_to(rate, x.shape)
    made = []
    for place, position in enumerate(x):
        for seed, offset in enumerate(offsets):
            row = {"panel": curve[0], "series": "text", "x_name": "x", "x": position}
            row |= {"num_train": NUM_TRAIN, "batch_size": batch_size, "updates_per_batch": n}
            row |= {"learning_rate": rates[place], "reg_coefficient": position, "seed": seed}
            row |= {"curve": curve[1], "by": by, "score": "test_accuracy", "run_id": "run"}
            gone = place in diverged
            for name, level in levels.items():
                value = np.broadcast_to(level, x.shape)[place] * (1 + offset)
                row[name] = np.nan if gone else value
            made.append({**row, "diverged": int(gone)})
    return pd.DataFrame(made, columns=list(run_columns([AtEnd("a", "e", "C", x="learning_rate")])))


def family(curve, x, level, *, of="n", values=NS, rate=None, **options):
    """Curves of a family; `level(x, value)` is the test accuracy, `rate(x, value)` the rate."""
    field = {"n": "updates_per_batch", "B": "batch_size"}[of]
    parts = []
    for value in values:
        key = {"n": "n", "B": "batch_size"}[of]
        rates = rate(x, value) if rate else None
        made = rows(
            curve,
            x,
            by=field,
            rate=rates,
            test_accuracy=level(x, value),
            **{key: value, **options},
        )
        if of == "B":
            made["reg_coefficient"] = made["x"] * value
        parts.append(made)
    return pd.concat(parts, ignore_index=True)


def world(claim: Claim, right: bool, **options) -> pd.DataFrame:
    """Runs in which a claim is clearly true, or clearly false."""
    statistic = claim.statistic
    names = {
        key: (getattr(statistic, key).panel, getattr(statistic, key).curve)
        for key in ("of", "against")
        if hasattr(statistic, key)
    }
    builder = BUILDERS[statistic.kind]
    return builder(claim, names, right, options).reset_index(drop=True)


def _middle(claim, right, far=3.0):
    """A value well inside the region, or well outside."""
    holds = claim.holds
    lower = holds.above if holds.above is not None else holds.at_least
    upper = holds.below if holds.below is not None else holds.at_most
    if lower is not None and upper is not None:
        return (lower + upper) / 2 if right else upper + far
    if lower is not None:
        return lower + far if right else lower - far
    return upper - far if right else upper + far


def _difference(claim, names, right, options):
    metric = claim.statistic.of.metric or "test_accuracy"
    step = _middle(claim, right, 0.02)
    return pd.concat(
        [
            rows(names["of"], [2.0**-8], **{metric: 0.9 + step}, **options),
            rows(names["against"], [2.0**-9], **{metric: 0.9}, **options),
        ]
    )


def _rise(claim, names, right, options):
    width = 0.01 if right else 1e-6
    return rows(names["of"], GRID, test_accuracy=peak(GRID, 2.0**-5, width=width), **options)


def _optimum_ratio(claim, names, right, options):
    shift = np.round(_middle(claim, right, 3.0))
    of, against = claim.statistic.of, claim.statistic.against
    grid = 2.0 ** np.arange(-14, 6)
    best, other = 2.0 ** (-6.0 + shift), 2.0**-6
    if of.pick:
        centers = {4: other, 8: other, 256: best}
        return family(
            names["of"],
            grid,
            lambda x, value: peak(x, centers[value]),
            of="B",
            values=LARGE_BATCHES,
            **options,
        )
    if names["of"] == names["against"]:
        levels = {
            of.metric or "test_accuracy": peak(grid, best),
            against.metric or "test_accuracy": peak(grid, other, 0.99),
        }
        return rows(names["of"], grid, **levels, **options)
    parts = [(names["of"], best), (names["against"], other)]
    return pd.concat(
        [rows(name, grid, test_accuracy=peak(grid, at), **options) for name, at in parts]
    )


def _best_difference(claim, names, right, options):
    step = _middle(claim, right, 0.02)
    if claim.statistic.of.pick:
        heights = {n: 0.9 - step * np.log2(n) / 3 for n in NS}
        return family(names["of"], GRID, lambda x, n: peak(x, 2.0**-5, heights[n]), **options)
    parts = [(names["of"], 0.9 + step), (names["against"], 0.9)]
    return pd.concat(
        [rows(name, GRID, test_accuracy=peak(GRID, 2.0**-5, h), **options) for name, h in parts]
    )


def _difference_at_multiple(claim, names, right, options):
    level = np.where(np.isclose(GRID, 2.0**-4), 0.901 if right else 0.95, 0.7)
    return pd.concat(
        [
            rows(names["of"], GRID, test_accuracy=level, **options),
            rows(names["against"], GRID, test_accuracy=peak(GRID, 2.0**-5), **options),
        ]
    )


def _log_slope(claim, names, right, options):
    power = -1.0 if right else 1.0
    collapsed = np.where(GRID > 2.0**-3, 1e-9 if power > 0 else 1e9, GRID**power)
    accuracy = peak(GRID, 2.0**-3)
    return rows(names["of"], GRID, c_reg=collapsed, test_accuracy=accuracy, **options)


def _lowest(claim, names, right, options):
    train = np.where(GRID > 2.0**-3, 0.1, 0.999)
    train[2] = 0.999 if right else 0.9
    accuracy = peak(GRID, 2.0**-3)
    return rows(names["of"], GRID, train_accuracy=train, test_accuracy=accuracy, **options)


def _distance(claim, names, right, options):
    metric = claim.statistic.of.metric or "test_accuracy"
    factor = 1.001 if right else 9.0 if metric == "train_loss" else 1.05
    fixed = 2.0**-5  # up to there, five of nine positions, they differ in any case
    level = np.where(fixed < GRID, 0.5 * factor, 0.05)
    return pd.concat(
        [
            rows(names["of"], GRID, rate=fixed, **{metric: level}, **options),
            rows(names["against"], GRID, **{metric: 0.5}, **options),
        ]
    )


def _collapse(claim, names, right, options):
    if claim.statistic.of.curve == "n":
        return family(
            names["of"], GRID, lambda x, n: peak(x if right else n * x, 2.0**-4), **options
        )
    return family(
        names["of"],
        GRID / 8,
        lambda x, size: peak(x if right else size * x, 2.0**-6 if right else 2.0**-4),
        of="B",
        values=BATCH_SIZES,
        rate=lambda x, size: x * size,
        **options,
    )


def _series_slope(claim, names, right, options):
    step = -0.002 if right else 0.002
    return family(
        names["of"],
        GRID,
        lambda x, size: peak(x, 2.0**-5) + step * np.log2(size),
        of="B",
        values=BATCH_SIZES,
        **options,
    )


def _stable_rate_slope(claim, names, right, options):
    power = {(0.0, True): -1, (0.0, False): 1, (-0.5, True): 0, (-0.5, False): -1}[
        claim.holds.below if claim.holds.below is not None else claim.holds.above, right
    ]
    return family(
        names["of"],
        GRID,
        lambda x, n: np.where(x <= 2.0**-5 * n**power * 1.001, 0.9, 0.1),
        **options,
    )


def _best_slope(claim, names, right, options):
    step = -0.01 if right else 0.01
    rates = 2.0 ** np.arange(-6, -1)
    budgets, grid = (a.ravel() for a in np.meshgrid([10.0, 20.0, 40.0], rates, indexing="ij"))
    return family(
        names["of"],
        budgets,
        lambda x, n: peak(grid, 2.0**-4, 0.9 + step * np.log2(n)) + np.where(x == 20, 0.005, 0),
        rate=lambda x, n: grid,
        **options,
    )


BUILDERS = {
    "difference": _difference,
    "rise": _rise,
    "fall": _rise,
    "optimum_ratio": _optimum_ratio,
    "best_difference": _best_difference,
    "difference_at_multiple": _difference_at_multiple,
    "log_slope": _log_slope,
    "lowest": _lowest,
    "distance": _distance,
    "collapse": _collapse,
    "series_slope": _series_slope,
    "stable_rate_slope": _stable_rate_slope,
    "best_slope": _best_slope,
}
