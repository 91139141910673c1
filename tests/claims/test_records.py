"""Reading claims: a mistake is one line that names its key."""

import copy

import pytest
import yaml

from whysgd.base.errors import UserError
from whysgd.claims.records import JUDGING_FILE, Region, load_claims
from whysgd.runs.figures import Curves, FigureSpec

CLAIM = {
    "statement": "it rises",
    "where": "Figure 1b",
    "figure": "figure1",
    "statistic": {"kind": "rise", "of": {"panel": "b", "series": "C"}},
    "holds": {"above": 0},
    "because": "a direction",
}
_FAMILY_NAME = "B = {batch_size}"
FIGURES = {
    "figure1": FigureSpec(
        "figure1",
        "figure1",
        (Curves("a", "x", "C", "epoch"), Curves("b", "x", "C", "learning_rate")),
    ),
    "figure3": FigureSpec(
        "figure3",
        "figure3",
        (
            Curves("a", "x", _FAMILY_NAME, "learning_rate/batch_size"),
            Curves("b", "x", "C", "learning_rate"),
        ),
    ),
    "orders": FigureSpec("orders", "orders", tables=("errors",)),
}
FAMILY = {"panel": "a", "series": _FAMILY_NAME}


def load(tmp_path, claim, **more):
    """A study's claims, of which one is the given one, with a paper of one value beside them."""
    path, judging = tmp_path / "claims.yaml", tmp_path / "judging.yaml"
    path.write_text(yaml.safe_dump({"claims": {"mine": claim, **more}}))
    rules = {"confidence": 0.95, "resamples": 100, "least_seeds": 5}
    judging.write_text(yaml.safe_dump({"bootstrap": rules}))
    paper = tmp_path / "paper.yaml"
    paper.write_text("figure1b: {optimum: {value: 2^-6, provenance: stated, source: here}}\n")
    return load_claims([path], [paper], FIGURES, judging)


def changed(key, value):
    """The claim with another value at a dotted key."""
    claim = copy.deepcopy(CLAIM)
    *path, last = key.split(".")
    record = claim
    for part in path:
        record = record[part]
    record[last] = value
    return claim


def test_a_claim_is_read_with_the_values_that_it_shows(tmp_path):
    claims = load(tmp_path, {**CLAIM, "paper": ["figure1b.optimum"]}, plain=CLAIM)
    assert claims.figures == ("figure1",)
    assert claims.claims["mine"].holds == Region(above=0)
    assert {key: value.value for key, value in claims.paper["mine"].items()} == {
        "figure1b.optimum": 2.0**-6
    }
    assert claims.paper["plain"] == {}


def test_values_are_those_of_the_paper_beside_the_claims(tmp_path):
    load(tmp_path, CLAIM)
    other = tmp_path / "other"
    other.mkdir()
    claim = {**CLAIM, "paper": ["figure1b.optimum"]}
    (other / "claims.yaml").write_text(yaml.safe_dump({"claims": {"theirs": claim}}))
    with pytest.raises(UserError, match=r"claims\.theirs\.paper: no 'figure1b\.optimum'"):
        load_claims([other / "claims.yaml"], [tmp_path / "paper.yaml"], FIGURES)


def test_two_studies_have_no_claim_of_the_same_name(tmp_path):
    load(tmp_path, CLAIM)
    path = tmp_path / "claims.yaml"
    with pytest.raises(UserError, match=r"claims\.mine: another study has a claim of this name"):
        load_claims([path, path], [], FIGURES)


def test_claims_where_they_stood_before_are_refused_with_their_new_place(tmp_path):
    load(tmp_path, CLAIM)
    old = tmp_path / "old.yaml"
    old.write_text(JUDGING_FILE.read_text(encoding="utf-8") + yaml.safe_dump({"claims": {}}))
    with pytest.raises(UserError, match=r"old\.yaml: .*whysgd/studies/NAME/claims\.yaml now"):
        load_claims([tmp_path / "claims.yaml"], [], FIGURES, old)


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("figure", "figure9", "claims.mine: figure: unknown 'figure9'; known: figure1"),
        ("figure", None, "claims.mine: figure: rise reads the runs of a figure; name it"),
        ("figure", "orders", "claims.mine: figure: unknown 'orders'; known: figure1, figure3"),
        ("statistic.kind", "median", "claims.mine.statistic: Input tag 'median'"),
        ("statistic.of.metric", "acuracy", "of.metric: Input should be 'test_accuracy'"),
        ("statistic.of.panel", "d", "statistic.of: figure1 has no d: C; known: a: C, b: C"),
        ("statistic.of.series", "D", "statistic.of: figure1 has no b: D"),
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
        ({"kind": "rise", "of": FAMILY}, "of.pick: 'B = {batch_size}' is several curves; pick one"),
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
    statistic = {"kind": "best_slope", "of": {"panel": "b", "series": "C"}, "tuned": "everything"}
    with pytest.raises(UserError, match="of.series: 'C' is a single curve"):
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
