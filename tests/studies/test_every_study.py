"""What every study must have, whichever it is."""

import importlib
import re
from collections import Counter

import pytest
import yaml

from tests.figures.synthetic import drawing_of, table_of
from whysgd.base.errors import UserError
from whysgd.base.powers import format_number
from whysgd.claims.records import load_claims
from whysgd.config.files import known_scales
from whysgd.config.settings import load_settings
from whysgd.figures.style import FigureContext
from whysgd.runs.grid import plan_jobs
from whysgd.spec.paper import load_paper_values
from whysgd.studies.registry import FIGURES, NAMES, STUDIES, claims_of_all
from whysgd.studies.study import STUDIES_DIR

CLAIMS = claims_of_all()
EVERY_FIGURE = [
    pytest.param(study, figure, id=figure.name) for study in STUDIES for figure in study.figures
]
EVERY_STUDY = [pytest.param(study, id=study.name) for study in STUDIES]


def synthetic_tables(study, figure):
    """What a figure is drawn from, made up: of runs by form, of a study's own tables by itself."""
    if figure.curves:
        return {"means": table_of(figure.name)}
    made = importlib.import_module(f"tests.studies.{study.name}.synthetic").tables()
    return {name: made[name] for name in figure.tables}


def test_the_registry_has_every_folder_of_a_study():
    folders = {path.parent.name for path in STUDIES_DIR.glob("*/study.py")}
    assert folders == set(NAMES)
    assert [study.name for study in STUDIES] == list(NAMES)


def test_no_two_studies_give_one_name_to_figures_or_tables():
    figures = [figure.name for study in STUDIES for figure in study.figures]
    computed = [t.name for study in STUDIES for job in study.computations for t in job.tables]
    of_runs = [name for f in FIGURES.values() if f.curves for name in (f.name, f"{f.name}_runs")]
    for names in (figures, [*computed, *of_runs], [study.title for study in STUDIES]):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    assert not set(figures) & set(NAMES)  # both are targets


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_a_study_says_what_it_reproduces_and_what_came_out(study):
    assert study.source
    text = (study.folder / "README.md").read_text(encoding="utf-8")
    assert [figure.name for figure in study.figures if f"`{figure.name}`" not in text] == []
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert link.startswith("https://") or (study.folder / link).exists(), link


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_the_page_of_a_study_has_a_verdict_on_each_of_its_claims(study):
    page = (study.folder / "README.md").read_text(encoding="utf-8")
    table = page.split("<!-- claims -->\n")[1].split("<!-- end of claims -->")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    own = load_claims([study.claims_file], study.paper_files).claims.values()
    assert len(rows) == len(own)
    for row, claim in zip(rows, own, strict=True):
        assert row.startswith(f"| {claim.where} | {claim.statement} |")
        assert re.search(r"\| \*\*(reproduced|not reproduced|undecided)\*\*", row)
    counts = Counter(re.findall(r"\| \*\*([\w ]+)\*\*", table))
    assert table.startswith(
        f"{len(own)} claims at scale quick: {counts['reproduced']} reproduced, "
        f"{counts['not reproduced']} not reproduced, {counts['undecided']} undecided."
    )


@pytest.mark.parametrize(("study", "figure"), EVERY_FIGURE)
def test_a_figure_has_a_caption(study, figure):
    text = study.caption(figure.module).read_text(encoding="utf-8")
    assert "{{ snakemake.params.scale }}" in text
    assert len(text) > 200


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_computed_tables_have_a_caption_and_are_computed_before_they_are_read(study):
    if study.computations:
        assert study.caption("table").is_file()
    there = set()
    for job in study.computations:
        assert there.issuperset(job.reads)
        there |= {table.name for table in job.tables}
        for table in job.tables:
            module = study.table_module(table).rpartition(".")[2]
            assert (study.folder / "tables" / f"{module}.py").is_file()
    for figure in study.figures:
        assert there.issuperset(figure.tables)
    assert study.slopes is None or study.slopes in there


@pytest.mark.parametrize(("study", "figure"), EVERY_FIGURE)
def test_a_figure_reads_runs_or_tables(study, figure):
    assert bool(figure.curves) != bool(figure.tables)


@pytest.mark.parametrize(("study", "figure"), EVERY_FIGURE)
@pytest.mark.parametrize("scale", ["quick", "paper"])
def test_a_figure_is_drawn_from_its_tables_and_nothing_else(study, figure, scale):
    values = {
        key: value for path in study.paper_files for key, value in load_paper_values(path).items()
    }
    made = drawing_of(figure.name, synthetic_tables(study, figure), FigureContext(scale, values))
    for axes in made.axes:
        assert axes.get_title("left").startswith("(")
        assert axes.get_xlabel()
        assert axes.lines or axes.collections
    assert made.legends


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if figure.curves])
def test_a_figure_of_runs_without_its_rows_is_an_error_that_names_it(name):
    with pytest.raises(UserError, match=f"^{name}: table has no rows of panel"):
        drawing_of(name, table_of(name).iloc[:0], FigureContext("quick"))


@pytest.mark.parametrize("scale", known_scales())
@pytest.mark.parametrize("study", EVERY_STUDY)
def test_a_study_is_planned_at_every_scale(study, scale):
    settings = load_settings({"scale": scale}).scale
    here = study.figures_at(settings)
    assert set(here) >= {figure for figure in study.figures if figure.default}
    jobs = plan_jobs(settings)
    for figure in here:
        figure.check(settings)
        assert len(study.configuration(figure, settings)) == 10
        if figure.curves:
            assert jobs.run_ids(figure.points(settings), settings.runs.seeds)


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_a_scale_without_a_studys_section_has_none_of_it(study):
    settings = load_settings({"scale": "tiny"}).scale
    bare = settings.model_copy(update={"theory": None, "experiments": {}})
    assert study.figures_at(bare) == ()
    assert study.computations_at(bare) == ()
    assert study.trained_at(bare, FIGURES) == []


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_values_of_a_paper_have_a_provenance_and_are_of_use(study):
    shown = {key for values in CLAIMS.paper.values() for key in values}
    for path in study.paper_files:
        values = load_paper_values(path)
        assert values
        for value in values.values():
            assert value.provenance in ("stated", "derived", "recalled", "proposed")
            assert value.source
            assert not isinstance(value.value, float) or format_number(value.value)
        assert shown & values.keys()


@pytest.mark.parametrize("study", EVERY_STUDY)
def test_a_study_makes_claims_about_each_of_its_figures_or_their_tables(study):
    content = yaml.safe_load(study.claims_file.read_text(encoding="utf-8"))["claims"]
    assert content.keys() <= CLAIMS.claims.keys()
    own = [CLAIMS.claims[name] for name in content]
    assert len({claim.statement for claim in own}) > len(own) / 2
    read = {claim.figure for claim in own}
    assert {f.name for f in study.figures if f.default and f.curves} <= read
    assert any(claim.statistic.kind == "order" for claim in own) == (study.slopes is not None)
