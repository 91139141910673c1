"""Figures, tables and runs of papers on why SGD generalizes. See README.md."""

import atexit

from snakemake.cli import get_argument_parser
from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


include: "rules/common.smk"


if SETTINGS.tables_from is None:

    include: "rules/datasets.smk"
    include: "rules/training.smk"
    include: "rules/aggregation.smk"
    include: "rules/computations.smk"
    include: "rules/plan.smk"

else:

    include: "rules/published.smk"


include: "rules/figures.smk"
include: "rules/claims.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        drawn_files(),
        claims_files(),
        report_files(),
    localrule: True


# Not called in dry runs, nor by the Snakemake that runs a single job on a cluster's node.
onstart:
    tell_what_is_wanted(workflow.dag)


onsuccess:
    remove_wanted()


onerror:
    remove_wanted()
    # Last of all that is said: Snakemake's own summary comes after this block.
    atexit.register(print_failures, SETTINGS.folder, STARTED)


try:
    check_known(
        TARGETS,
        names=[rule.name for rule in workflow.rules],
        files=[str(file) for file in rules.all.input],
        is_made=lambda file: any(rule.is_producer(file) for rule in workflow.rules),
        targets_of=lambda words: get_argument_parser().parse_args(words).targets,
    )
except UserError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)
