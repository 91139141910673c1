"""The checked configuration, the plan of the jobs, and what the other rules share."""

import functools
import re
import sys
import time
from pathlib import Path

# The package lies in the workflow's own folder, whether or not it is installed, and whichever
# Snakefile this one is a part or a module of.
ROOT = Path(str(workflow.current_basedir)).resolve().parent
sys.path.insert(0, str(ROOT / "workflow"))

from whysgd.base.errors import UserError
from whysgd.base.layout import Results
from whysgd.base.record import identity
from whysgd.base.scripting import offer_package_to_scripts
from whysgd.base.wanted import remove_wanted, wanted_file, write_wanted
from whysgd.claims.records import JUDGING_FILE
from whysgd.config.archive import archive_files
from whysgd.config.refusals import check_own_files, check_run_ids, check_targets, check_writable
from whysgd.config.targets import check_known
from whysgd.reporting.failures import print_failures
from whysgd.reporting.status import print_status
from whysgd.runs.grid import plan_jobs
from whysgd.studies.keys import Keys
from whysgd.studies.registry import STUDIES, claims_of_all, read_settings
from whysgd.training.digest import training_digest
from whysgd.training.job.finished import forget_finished
from whysgd.training.job.record import job_of

offer_package_to_scripts()

# From the command line, since Snakemake reads this file before it knows its targets. Where this is
# a part of another workflow, they are that one's.
IS_MAIN = ROOT in Path(workflow.main_snakefile).resolve().parents
TARGETS = sys.argv[1:] if IS_MAIN else []
STARTED = time.time()

try:
    SETTINGS = read_settings(config)
    check_targets(SETTINGS, TARGETS)
    PLAN = plan_jobs(SETTINGS.scale)
    check_run_ids(PLAN, SETTINGS.folder, TARGETS)
    # While Snakemake runs, its folder is locked for rules; this only reads, before any is planned.
    if "status" in TARGETS:
        print_status(SETTINGS, PLAN)
        sys.exit(0)
    check_own_files(SETTINGS)
    check_writable(SETTINGS)
    CLAIMS = claims_of_all()
    SCALE = SETTINGS.scale
    # What each study has at this scale; of published tables, what they are enough for.
    DRAWN = {
        study: [
            figure
            for figure in study.figures_at(SCALE)
            if SETTINGS.tables_from is None
            or set(figure.reads.values()).issubset(SETTINGS.published_tables)
        ]
        for study in STUDIES
    }
    # Figures of runs by name, and the study that each is of.
    FIGURES = {
        figure.name: figure for figures in DRAWN.values() for figure in figures if figure.readings
    }
    STUDY_OF = {figure.name: study for study, figures in DRAWN.items() for figure in figures}
    for name, figure in FIGURES.items():
        figure.check(SCALE.sweeps[STUDY_OF[name].name])
except UserError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)

if SETTINGS.container:

    container: SETTINGS.container


RESULTS = Results(SETTINGS.folder)


def sweeps_of(figure):
    """The sweeps of the study that a figure of runs is of."""
    return SCALE.sweeps[STUDY_OF[figure.name].name]


def repetitions_of(figure):
    """The seeds behind a figure of runs, and how many of them count; of another figure, none."""
    return identity(sweeps_of(figure).runs) if figure.readings else {}


@functools.cache
def runs_of(figure):
    """Run ids of everything that a figure reads."""
    sweeps = sweeps_of(figure)
    jobs = PLAN.studies[STUDY_OF[figure.name].name]
    return jobs.run_ids(figure.points(sweeps), sweeps.runs.seeds)


KEYS = Keys(SETTINGS, PLAN, STUDIES, runs_of)
FOLDER = SETTINGS.folder.as_posix()
# What the default target draws.
DEFAULT_FIGURES = {
    study: [figure for figure in figures if figure.default] for study, figures in DRAWN.items()
}
# Records that published tables bring with them.
PUBLISHED = (
    {}
    if SETTINGS.tables_from is None
    else {
        "provenance": RESULTS.published("provenance.json"),
        "costs": RESULTS.published("costs.csv"),
    }
)


def caption_of(study, name):
    """Path of a caption in a study's folder, from the rule files."""
    return f"../{study.caption(name).relative_to(ROOT).as_posix()}"


# Tables that the report shows, each with its caption.
SHOWN_TABLES = {
    name: "../workflow/report/table.rst" if figure.readings else caption_of(study, "table")
    for study, figures in DEFAULT_FIGURES.items()
    for figure in figures
    for name in figure.reads.values()
}


def tables_of(figure):
    """Everything that the tables behind a figure are: of runs, the means and the single runs."""
    read = [RESULTS.table(name) for name in figure.reads.values()]
    return [*read, RESULTS.run_table(figure.name)] if figure.readings else read


def files_of(figures):
    """Everything that the named targets of some figures make, each file once."""
    made = []
    for figure in figures:
        made += [RESULTS.figure(figure.name, kind) for kind in ("pdf", "png")]
        made += tables_of(figure)
    return list(dict.fromkeys(made))


def drawn_files():
    """Everything that the default target makes of figures and their tables."""
    return files_of(figure for figures in DEFAULT_FIGURES.values() for figure in figures)


def claims_files():
    """The verdicts on the papers' claims, for machines and for readers."""
    return [RESULTS.claims(kind) for kind in ("csv", "md", "html")]


def report_files():
    """What the report shows beside figures and claims, and the record of where all comes from."""
    pages = (*SHOWN_TABLES, "costs", "configuration", "provenance")
    return [RESULTS.provenance, *map(RESULTS.page, pages)]


def archived_tables():
    """What others need to draw every figure and to judge every claim."""
    drawn = [path for path in drawn_files() if path.startswith(RESULTS.path("tables"))]
    judged = [
        path for name in CLAIMS.figures if name in FIGURES for path in tables_of(FIGURES[name])
    ]
    return sorted({*drawn, *judged})


def configurations():
    """Hash of the configuration of each figure of the default target."""
    return {
        figure.name: study.configuration(figure, SCALE)
        for study, figures in DEFAULT_FIGURES.items()
        for figure in figures
    }


def judged_so_far():
    """Names of the tables for claims that are there."""
    return [name for name, path in (JUDGED_RUNS | JUDGED_SLOPES).items() if Path(path).exists()]


def provenance_key():
    """Key of the record of where everything comes from."""
    drawn = [(study, figure) for study, figures in DEFAULT_FIGURES.items() for figure in figures]
    return KEYS.provenance(drawn, KEYS.claims((*JUDGED_RUNS, *JUDGED_SLOPES)))


def tell_what_is_wanted(dag):
    """Tells processes that are going to train which other jobs they may go on with.

    A training that is forced is not taken from what has been finished before.
    """
    jobs = [job for job in dag.needrun_jobs() if job.rule.name == "train"]
    for job in jobs:
        if dag.reason(job).forced:
            forget_finished(Path(job.params.finished))
    write_wanted({"train": [job_of(job).model_dump(mode="json") for job in jobs]})


def key_of(key, *arguments):
    """A job's key as a parameter of its rule: a function of given arguments, then of wildcards.

    A job that runs by itself on a cluster's node needs none: the main process compares and records.
    """
    return lambda wildcards: key(*arguments, *wildcards) if workflow.is_main_process else ""


def growing(amount):
    """A resource that grows with every attempt, since a limit may have ended the one before."""
    return lambda wildcards, attempt: amount * attempt


def dataset_files(wildcards):
    """The prepared data set that a run reads, and its checksum, which alone tells it from others."""
    spec = PLAN.ensembles[wildcards.run_id].program.dataset
    name = next(key for key, value in SCALE.all_datasets.items() if value == spec)
    return {"data": ancient(RESULTS.data(name)), "checksum": RESULTS.checksum(name)}


def events_folder(wildcards):
    """Where a training job writes for TensorBoard."""
    return RESULTS.events(wildcards.run_id)


wildcard_constraints:
    figure="|".join(FIGURES),
    run_id=r"[\w.-]+",
    dataset="|".join(map(re.escape, SCALE.all_datasets)),
