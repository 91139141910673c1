"""Verdicts and the files that tell them."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from tests.claims.synthetic import world
from whysgd.claims.estimates import Estimate, nothing
from whysgd.claims.pages import (
    ReportContext,
    claims_table,
    markdown,
    measured_text,
    page,
    region_text,
)
from whysgd.claims.records import Region
from whysgd.claims.verdicts import Judgement, Verdict, judge_claims, verdict_on
from whysgd.studies.registry import claims_of_all

CLAIMS = claims_of_all()
CONTEXT = ReportContext("quick", 0.95, CLAIMS.paper)


def judgement(name, estimate, verdict=Verdict.REPRODUCED, reason="so", seeds=7):
    return Judgement(name, CLAIMS.claims[name], estimate, verdict, reason, seeds)


JUDGED = [
    judgement("figure1b_rate_rises", Estimate(0.0123, 0.008, 0.0151, 10)),
    judgement(
        "figure2a_factor_16", Estimate(2.0, 1.0, np.inf, 20), Verdict.NOT_REPRODUCED, "a < b & c"
    ),
    judgement("figure7b_stability_stays", nothing("grid | end"), Verdict.UNDECIDED, "grid | end"),
]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.5, 2.0, Verdict.REPRODUCED),
        (1.0, 1.0, Verdict.REPRODUCED),
        (-1.0, 0.0, Verdict.NOT_REPRODUCED),
        (5.0, 6.0, Verdict.NOT_REPRODUCED),
        (-1.0, 0.1, Verdict.UNDECIDED),
        (1.0, np.inf, Verdict.UNDECIDED),
        (-np.inf, np.inf, Verdict.UNDECIDED),
    ],
)
def test_the_verdict_is_where_the_interval_lies(low, high, verdict):
    assert verdict_on(Region(above=0, at_most=4), Estimate(1, low, high, 3))[0] is verdict


def test_every_reason_against_deciding_is_given():
    found = verdict_on(Region(above=0), Estimate(1, 1, 1, 3, "the grid ends"), "1 seed")
    assert found == (Verdict.UNDECIDED, "1 seed; the grid ends")


def test_the_csv_holds_the_numbers_as_they_are(tmp_path):
    claims_table(JUDGED, CONTEXT).to_csv(tmp_path / "claims.csv", index=False)
    table = pd.read_csv(tmp_path / "claims.csv").set_index("claim")
    first = table.loc["figure1b_rate_rises"]
    assert (first["value"], first["low"], first["high"]) == (0.0123, 0.008, 0.0151)
    assert (first["above"], first["unit"], first["seeds"], first["points"]) == (
        0.001,
        "accuracy",
        7,
        10,
    )
    assert np.isnan(table["high"]["figure2a_factor_16"])
    assert "ratio of optima 16 (stated)" in table["paper"]["figure2a_factor_16"]
    assert list(table["verdict"]) == ["reproduced", "not reproduced", "undecided"]


def test_the_markdown_is_one_table():
    lines = markdown(JUDGED, CONTEXT).splitlines()
    assert lines[0].startswith("3 claims at scale quick: 1 reproduced, 1 not reproduced, 1 undec")
    rows = lines[2:]
    assert len(rows) == 2 + len(JUDGED)
    assert {row.replace(r"\|", "").count("|") for row in rows} == {7}
    assert "1.2 % [0.8, 1.5]" in rows[2]
    assert "above 0.1 %" in rows[2]
    assert "4 [2, ∞]" in rows[3]
    assert "factor 8 to 32" in rows[3]
    assert r"**undecided**: grid \| end" in rows[4]


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.outside = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in ("br", "meta"):
            self.open.append(tag)
        self.outside += [value for name, value in attributes if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_else():
    parser = _Cells()
    parser.feed(page(JUDGED, CONTEXT))
    assert not parser.open
    assert not parser.outside
    text = " ".join(parser.text)
    assert "a < b & c" in text  # escaped, and read back
    for found in JUDGED:
        assert found.claim.statement in text
        assert found.claim.because in text
        assert found.verdict in text
    assert "7 seeds, 10 points" in text
    assert "Figure 2" in text


@pytest.mark.parametrize(
    ("name", "estimate", "text"),
    [
        ("figure6_reaches_full_accuracy", Estimate(0.9995, 0.998, 1, 3), "99.95 % [99.8, 100]"),
        ("figure1b_rate_rises", Estimate(-0.0004, -0.001, 0.0, 3), "-0.04 % [-0.1, 0]"),
        ("figure1b_equal_optima", Estimate(-1, -np.inf, 2, 3), "0.5 [0, 4]"),
        ("figure4a_stability_falls", Estimate(-1, -np.inf, 0.25, 3), "-1 [-∞, 0.25]"),
        ("theory_gd_third_order", Estimate(2.992, 2.991, 2.993, 1), "2.992 [2.991, 2.993]"),
        ("penalty_cost", nothing("elsewhere"), ""),
    ],
)
def test_numbers_are_written_for_readers(name, estimate, text):
    assert measured_text(judgement(name, estimate)) == text


def test_regions_are_written_in_the_unit_of_the_number():
    assert region_text(Region(at_least=-0.01, at_most=0.01), "accuracy") == "-1 to 1 %"
    assert region_text(Region(below=0), "slope") == "slope below 0"
    assert region_text(Region(above=0, below=2), "ratio") == "ratio above 0 and below 2"


def test_judging_twice_gives_the_same_numbers():
    claim = CLAIMS.claims["figure1b_equal_optima"]
    only = CLAIMS.model_copy(update={"claims": {"it": claim}})
    tables = [
        claims_table(
            judge_claims(only, {"figure1": world(claim, True, noise=0.01)}, None, 5), CONTEXT
        )
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*tables)
