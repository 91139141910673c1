"""Figures, tables and runs of papers on why SGD generalizes. See README.md."""

from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"
include: "rules/datasets.smk"
include: "rules/training.smk"
include: "rules/aggregation.smk"
include: "rules/figures.smk"
include: "rules/theory.smk"
include: "rules/claims.smk"
include: "rules/plan.smk"


rule all:
    default_target: True
    input:
        [figure_files(figure) for figure in FIGURES.values() if figure not in EXTRA_FIGURES],
        theory_files(),
        claims_files(),
    localrule: True
