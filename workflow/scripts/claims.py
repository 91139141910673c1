"""Rule judge_claims: verdicts on the paper's claims, from tables."""

from pathlib import Path

import pandas as pd

from whysgd.base.files import atomic_path, write_text
from whysgd.base.scripting import script_log
from whysgd.claims.pages import ReportContext, claims_table, markdown, page
from whysgd.claims.records import load_claims
from whysgd.claims.verdicts import judge_claims
from whysgd.spec.paper import load_paper_values

with script_log(snakemake.log[0]) as logger:
    claims = load_claims(snakemake.input.claims)
    runs = {
        Path(path).stem.removesuffix("_runs"): pd.read_csv(path) for path in snakemake.input.runs
    }
    slopes = pd.read_csv(snakemake.input.slopes[0]) if snakemake.input.slopes else None
    judgements = judge_claims(claims, runs, slopes, snakemake.params.runs["keep_best"])
    context = ReportContext(
        snakemake.params.scale,
        claims.bootstrap.confidence,
        load_paper_values(snakemake.input.paper),
    )
    with atomic_path(snakemake.output.csv) as temporary:
        claims_table(judgements, context).to_csv(temporary, index=False, lineterminator="\n")
    write_text(snakemake.output.markdown, markdown(judgements, context))
    write_text(snakemake.output.html, page(judgements, context))
    logger.info("wrote %s: %d claims", snakemake.output.csv, len(judgements))
