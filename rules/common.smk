"""The checked configuration, the plan of the jobs, and what the other rules share."""

import re
import sys
from pathlib import Path

# The package lies in the workflow's own folder, whether or not it is installed, and whichever
# Snakefile this one is a part or a module of.
ROOT = Path(str(workflow.current_basedir)).resolve().parent
sys.path.insert(0, str(ROOT / "workflow"))

from whysgd.config.archive import archive_files
from whysgd.config.refusals import check_own_files, check_run_ids, check_targets, check_writable
from whysgd.claims.records import CLAIMS_FILE, load_claims
from whysgd.base.code_digest import script_digest
from whysgd.base.errors import UserError
from whysgd.runs.grid import plan_jobs
from whysgd.spec.paper import PAPER_FILE
from whysgd.base.scripting import offer_package_to_scripts
from whysgd.config.settings import load_settings
from whysgd.reporting.status import print_status
from whysgd.studies.implicit_regularization import EXTRA_FIGURES, FIGURES as MAIN_FIGURES
from whysgd.studies.theory import FIGURES as THEORY_FIGURES, JOBS as THEORY_JOBS
from whysgd.studies.theory import theory_configuration

offer_package_to_scripts()

# From the command line, since Snakemake reads this file before it knows its targets. Where this is
# a part of another workflow, they are that one's.
IS_MAIN = ROOT in Path(workflow.main_snakefile).resolve().parents
TARGETS = sys.argv[1:] if IS_MAIN else []

try:
    SETTINGS = load_settings(config)
    check_targets(SETTINGS, TARGETS)
    JOBS = plan_jobs(SETTINGS.scale)
    check_run_ids(JOBS, SETTINGS.folder, TARGETS)
    # While Snakemake runs, its folder is locked for rules; this only reads, before any is planned.
    if "status" in TARGETS:
        print_status(SETTINGS, JOBS)
        sys.exit(0)
    check_own_files(SETTINGS)
    check_writable(SETTINGS)
    CLAIMS = load_claims()
    SCALE = SETTINGS.scale
    FIGURES = {
        figure.name: figure
        for figure in (*MAIN_FIGURES, *EXTRA_FIGURES)
        if figure.defined_at(SCALE)
        and (SETTINGS.tables_from is None or figure.name in SETTINGS.published_tables)
    }
    for figure in FIGURES.values():
        figure.check(SCALE)
except UserError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)

if SETTINGS.container:

    container: SETTINGS.container


FOLDER = SETTINGS.folder.as_posix()
DEFAULT_FIGURES = [figure for figure in FIGURES.values() if figure not in EXTRA_FIGURES]
# Records that published tables bring with them.
PUBLISHED = (
    {}
    if SETTINGS.tables_from is None
    else {
        "provenance": f"{FOLDER}/published/provenance.json",
        "costs": f"{FOLDER}/published/costs.csv",
    }
)
# Tables that the report shows, each with its caption.
SHOWN_TABLES = {figure.name: "table" for figure in DEFAULT_FIGURES}
if SCALE.theory is not None:
    SHOWN_TABLES |= {table: "theory_table" for figure in THEORY_FIGURES for table in figure.tables}


def figure_files(figure):
    """Everything that a figure's named target makes."""
    return [
        f"{FOLDER}/figures/{figure.name}.pdf",
        f"{FOLDER}/figures/{figure.name}.png",
        f"{FOLDER}/tables/{figure.name}.csv",
        f"{FOLDER}/tables/{figure.name}_runs.csv",
    ]


def theory_files(*figures):
    """Everything that the given figures of the theory study show, or all of them.

    Nothing at a scale without the study.
    """
    if SCALE.theory is None:
        return []
    chosen = figures or THEORY_FIGURES
    drawn = [
        f"{FOLDER}/figures/{figure.name}.{kind}" for figure in chosen for kind in ("pdf", "png")
    ]
    tables = {table for figure in chosen for table in figure.tables}
    return drawn + sorted(f"{FOLDER}/tables/{table}.csv" for table in tables)


def claims_files():
    """The verdicts on the paper's claims, for machines and for readers."""
    return [f"{FOLDER}/claims.{kind}" for kind in ("csv", "md", "html")]


def report_files():
    """What the report shows beside figures and claims, and the record of where all comes from."""
    pages = (*SHOWN_TABLES, "costs", "configuration", "provenance")
    return [f"{FOLDER}/provenance.json", *(f"{FOLDER}/pages/{page}.html" for page in pages)]


def archived_tables():
    """What others need to draw every figure and to judge every claim."""
    runs = [f"{figure.name}_runs" for figure in DEFAULT_FIGURES]
    read = [f"{name}{kind}" for name in CLAIMS.figures if name in FIGURES for kind in ("", "_runs")]
    return sorted({*SHOWN_TABLES, *runs, *read})


def configurations():
    """Hash of the configuration of each figure of the default target."""
    hashes = {figure.name: figure.configuration(SCALE) for figure in DEFAULT_FIGURES}
    if SCALE.theory is not None:
        hashes |= {figure.name: theory_configuration(SCALE) for figure in THEORY_FIGURES}
    return hashes


def growing(amount):
    """A resource that grows with every attempt, since a limit may have ended the one before."""
    return lambda wildcards, attempt: amount * attempt


def dataset_of(run_id):
    """Key in the scale file of the data set that a run reads."""
    spec = JOBS.ensembles[run_id].program.dataset
    return next(key for key, value in SCALE.datasets.items() if value == spec)


def events_folder(wildcards):
    """Where a training job writes for TensorBoard; empty: nowhere."""
    return f"{FOLDER}/tensorboard/{wildcards.run_id}" if SETTINGS.tensorboard else ""


def runs_of(figure):
    """Run ids of everything that a figure reads."""
    return JOBS.run_ids(figure.points(SCALE), SCALE.runs.seeds)


wildcard_constraints:
    figure="|".join(FIGURES),
    run_id=r"[\w.-]+",
    dataset="|".join(map(re.escape, SCALE.datasets)),
