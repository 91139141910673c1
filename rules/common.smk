"""The checked configuration, the plan of the jobs, and what the other rules share."""

import os
import sys
from pathlib import Path

# The package lies in the workflow's own folder: found there by this file and by every script,
# whether or not it is installed and wherever Snakemake is started.
PACKAGE_ROOT = str(Path(workflow.basedir) / "workflow")
sys.path.insert(0, PACKAGE_ROOT)
os.environ["PYTHONPATH"] = os.pathsep.join(
    [PACKAGE_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
)

from whysgd.code_inputs import module_files
from whysgd.errors import UserError
from whysgd.grid import plan_jobs
from whysgd.paper import PAPER_FILE
from whysgd.settings import check_targets, check_writable, load_settings
from whysgd.studies.implicit_regularization import EXTRA_FIGURES, FIGURES as MAIN_FIGURES

try:
    SETTINGS = load_settings(config)
    # From the command line, since Snakemake reads this file before it knows its targets.
    check_targets(SETTINGS, sys.argv[1:])
    check_writable(SETTINGS)
    JOBS = plan_jobs(SETTINGS.scale)
except UserError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)

SCALE = SETTINGS.scale
FOLDER = SETTINGS.folder.as_posix()
FIGURES = {
    figure.name: figure for figure in (*MAIN_FIGURES, *EXTRA_FIGURES) if figure.defined_at(SCALE)
}


def figure_files(figure):
    """Everything that a figure's named target makes."""
    return [
        f"{FOLDER}/figures/{figure.name}.pdf",
        f"{FOLDER}/figures/{figure.name}.png",
        f"{FOLDER}/tables/{figure.name}.csv",
    ]


wildcard_constraints:
    figure="|".join(FIGURES),
    run_id=r"[\w.-]+",
    dataset="|".join(SCALE.datasets),
