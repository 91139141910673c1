"""Figures, tables and runs of papers on why SGD generalizes. See README.md."""

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
