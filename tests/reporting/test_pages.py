"""Pages of the report: every number is on them, and nothing of it is markup."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from tests.figures.synthetic import table_of
from whysgd.config.settings import load_settings
from whysgd.reporting.costs import cost_table
from whysgd.reporting.pages import (
    configuration_page,
    cost_page,
    figure_page,
    provenance_page,
    table_page,
)
from whysgd.reporting.provenance import provenance
from whysgd.runs.grid import plan_jobs
from whysgd.studies.implicit_regularization.study import STUDY
from whysgd.studies.registry import STUDIES


def rows(page):
    """All lines of all tables of a page, cell by cell."""
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    return [
        [cell.text or "" for cell in line]
        for table in tables
        for line in ElementTree.fromstring(table)
    ]


def offered(page):
    """The file that a page offers."""
    (content,) = re.findall(r"base64,([^\"]*)", page)
    return base64.b64decode(content).decode()


@pytest.mark.parametrize("figure", STUDY.figures, ids=lambda figure: figure.name)
def test_a_figures_page_has_a_line_for_every_point(figure):
    table = table_of(figure.name)
    page = figure_page(figure.name, table, "tiny")
    points = table.groupby(["panel", "series", "x_name", "x"], dropna=False).ngroups
    headings = table.groupby(["panel", "x_name"]).ngroups
    assert len(rows(page)) == points + headings
    assert offered(page) == table.to_csv(index=False)
    assert f"<h1>Numbers of {figure.name} at scale tiny</h1>" in page


def test_numbers_are_shown_as_the_figure_shows_them():
    common = {"panel": "a", "series": "C <x>", "x_name": "learning_rate", "total": 7}
    kept, none = {**common, "kept": 5}, {**common, "kept": 0}
    table = pd.DataFrame(
        [
            {**kept, "x": 0.25, "metric": "test_accuracy", "mean": 0.91234, "std": 0.01},
            {**kept, "x": 0.25, "metric": "c_reg", "mean": 1.25e-5, "std": np.nan},
            {**kept, "x": 0.5, "metric": "test_accuracy", "mean": 0.5, "std": 0.0},
            {**kept, "x": 0.5, "metric": "c_reg", "mean": np.inf, "std": np.nan},
            {**none, "x": 1.0, "metric": "test_accuracy", "mean": np.nan, "std": np.nan},
        ]
    ).assign(diverged=2)
    heading, first, overflowed, last = rows(figure_page("figure1", table, "tiny"))
    assert heading == [
        "series",
        "learning rate",
        "test accuracy, %",
        "c reg",
        "kept",
        "diverged",
    ]
    assert first == ["C <x>", "2^-2", "91.23 ± 1.00", "1.25e-05", "5 of 7", "2"]
    assert overflowed == ["C <x>", "2^-1", "50.00 ± 0.00", "not finite", "5 of 7", "2"]
    assert last == ["C <x>", "2^0", "diverged", "", "0 of 7", "2"]


def test_a_long_table_is_cut_on_the_page_and_not_in_the_file():
    table = pd.DataFrame({"x": np.arange(1000.0), "name": "a"})
    page = table_page("theory_planar", table, "tiny")
    assert len(rows(page)) == 401
    assert "The first 400 of 1000 rows" in page
    assert offered(page) == table.to_csv(index=False)


def test_costs_configuration_and_provenance_are_pages(tmp_path):
    scale = load_settings({"scale": "tiny"}).scale
    jobs = {f"train/{run_id}": {"seconds": 4000.0} for run_id in plan_jobs(scale).ensembles}
    costs = cost_table(scale, STUDIES, (), jobs)
    lines = rows(cost_page(costs, "tiny"))
    assert len(lines) == len(costs) + 1
    by_figure = {line[0]: line for line in lines}
    assert by_figure["figure2"][1:4] == ["2", "12", "120"]
    assert by_figure["figure2"][4] == "1.9 h"  # all of one job, two thirds of the other
    assert by_figure["figure2"][5] == "unknown"

    record = provenance("tiny", scale, tmp_path, {}, figures={"figure1": "0123456789"})
    assert ["figure1", "0123456789"] in rows(configuration_page(record))
    assert "learning_rate_over_batch_size" in configuration_page(record)
    page = provenance_page(record)
    assert ["commit", record["commit"] or "unknown"] in rows(page)
    assert record["locks"]["envs/requirements-cuda.txt"] in page
    published = {**record, "tables_from": {"archive": "x.zip", "provenance": {"commit": "abc"}}}
    assert "x.zip" in provenance_page(published)
    assert "&quot;abc&quot;" in provenance_page(published)
