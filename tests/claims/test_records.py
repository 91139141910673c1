"""Reading config/claims.yaml: a mistake is one line that names its key."""

import copy

import pytest
import yaml

from whysgd.base.errors import UserError
from whysgd.claims.records import CLAIMS_FILE, Region, load_claims
from whysgd.studies.implicit_regularization import FIGURES

CLAIM = {
    "statement": "it rises",
    "where": "Figure 1b",
    "figure": "figure1",
    "statistic": {"kind": "rise", "of": {"panel": "b", "curve": "C"}},
    "holds": {"above": 0},
    "because": "a direction",
}
FAMILY = {"panel": "a", "curve": "B"}


def load(tmp_path, claim):
    path = tmp_path / "claims.yaml"
    rules = {"confidence": 0.95, "resamples": 100, "least_seeds": 5}
    path.write_text(yaml.safe_dump({"bootstrap": rules, "claims": {"mine": claim}}))
    return load_claims(path)


def changed(key, value):
    """The claim with another value at a dotted key."""
    claim = copy.deepcopy(CLAIM)
    *path, last = key.split(".")
    record = claim
    for part in path:
        record = record[part]
    record[last] = value
    return claim


def test_a_claim_is_read(tmp_path):
    claims = load(tmp_path, CLAIM)
    assert claims.figures == ("figure1",)
    assert claims.claims["mine"].holds == Region(above=0)


def test_the_projects_claims_cover_every_figure_and_the_theory():
    claims = load_claims().claims
    assert {figure.name for figure in FIGURES} <= {claim.figure for claim in claims.values()}
    kinds = {claim.statistic.kind for claim in claims.values()}
    assert {"order", "elsewhere"} <= kinds
    assert len(set(claim.statement for claim in claims.values())) > 40
    assert "claims.md" in CLAIMS_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("figure", "figure9", "claims.mine: figure: unknown 'figure9'; known: figure1"),
        ("figure", None, "figure: unknown None"),
        ("statistic.kind", "median", "claims.mine.statistic: Input tag 'median'"),
        ("statistic.of.metric", "acuracy", "of.metric: Input should be 'test_accuracy'"),
        ("statistic.of.panel", "d", "statistic.of: figure1 has no d: C; known: a: C"),
        ("statistic.of.curve", "D", "statistic.of: figure1 has no b: D"),
        ("statistic.of.pick", "largest", "statistic.of.pick: there is nothing to pick"),
        ("statistic.at", 3, "statistic.rise.at: unknown key"),
        ("holds", {}, "holds: give at least one of"),
        ("holds", {"above": 1, "at_least": 0}, "`above` or `at_least`"),
        ("holds", {"above": 1, "below": 1}, "no value lies between 1 and 1"),
        ("because", "", "claims.mine.because"),
        ("paper", ["figure1b.nothing"], "claims.mine.paper: no 'figure1b.nothing' in paper.yaml"),
        ("reason", "none", "claims.mine.reason: unknown key"),
    ],
)
def test_a_mistake_names_its_key(tmp_path, key, value, fault):
    with pytest.raises(UserError) as caught:
        load(tmp_path, changed(key, value))
    assert fault in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("statistic", "fault"),
    [
        ({"kind": "rise", "of": FAMILY}, "of.pick: 'B' is several curves; pick one"),
        (
            {
                "kind": "collapse",
                "of": {**FAMILY, "pick": "largest"},
                "instead_of": "learning_rate",
            },
            "of.pick: there is nothing to pick from",
        ),
        (
            {"kind": "order", "check": "c", "quantity": "q", "expected_slope": 2},
            "figure: order reads no figure",
        ),
    ],
)
def test_a_statistic_has_the_curves_that_it_needs(tmp_path, statistic, fault):
    claim = {**CLAIM, "figure": "figure3", "statistic": statistic}
    with pytest.raises(UserError, match="claims.mine") as caught:
        load(tmp_path, claim)
    assert fault in str(caught.value)


def test_a_family_is_no_single_curve(tmp_path):
    statistic = {"kind": "best_slope", "of": {"panel": "b", "curve": "C"}, "tuned": "everything"}
    with pytest.raises(UserError, match="of.curve: 'C' is a single curve"):
        load(tmp_path, {**CLAIM, "statistic": statistic})


@pytest.mark.parametrize(
    ("region", "inside", "outside"),
    [
        ({"above": 0}, [0.1], [0, -1]),
        ({"below": 0}, [-0.1], [0, 1]),
        ({"at_least": -1, "at_most": 1}, [-1, 0, 1], [-1.01, 1.01]),
        ({"at_most": 1}, [1, -9], [1.01]),
    ],
)
def test_regions_are_open_or_closed_as_they_say(region, inside, outside):
    holds = Region(**region)
    assert all(holds.contains(value) for value in inside)
    assert not any(holds.contains(value) for value in outside)
