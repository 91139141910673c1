"""Rule judge_claims: verdicts on the papers' claims, from tables."""

from pathlib import Path

import pandas as pd

from whysgd.base.files import atomic_path, write_text
from whysgd.base.scripting import script_log
from whysgd.claims.pages import ReportContext, claims_table, markdown, page
from whysgd.claims.records import load_claims
from whysgd.claims.verdicts import judge_claims

with script_log(snakemake.log[0]) as logger:
    inputs, params = snakemake.input, snakemake.params
    # What they read has been checked where the rule was made.
    claims = load_claims(inputs.claims, inputs.paper, judging=inputs.judging)
    runs = {Path(path).stem.removesuffix("_runs"): pd.read_csv(path) for path in inputs.runs}
    slopes = pd.concat(map(pd.read_csv, inputs.slopes)) if inputs.slopes else None
    judgements = judge_claims(claims, runs, slopes, params.runs["keep_best"])
    context = ReportContext(params.scale, claims.bootstrap.confidence, claims.paper)
    with atomic_path(snakemake.output.csv) as temporary:
        claims_table(judgements, context).to_csv(temporary, index=False, lineterminator="\n")
    write_text(snakemake.output.markdown, markdown(judgements, context))
    write_text(snakemake.output.html, page(judgements, context))
    logger.info("wrote %s: %d claims", snakemake.output.csv, len(judgements))
