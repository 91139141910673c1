"""Rule record_provenance: where the results come from, and what each figure cost."""

from pathlib import Path

import pandas as pd

from whysgd.base.files import atomic_path, write_json
from whysgd.base.scripting import script_log
from whysgd.config.settings import ScaleSettings
from whysgd.reporting.costs import cost_table
from whysgd.reporting.provenance import job_records, provenance, read_provenance
from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import STUDIES

with script_log(snakemake.log[0]) as logger:
    scale = ScaleSettings.model_validate(snakemake.params.scale)
    folder = Path(snakemake.output.provenance).parent
    jobs = job_records(folder, plan_jobs(scale).ensembles, [study.name for study in STUDIES])
    published = None
    if snakemake.input.published:
        # The runs, and so their costs and their provenance, are those of the published tables.
        record, costs = snakemake.input.published
        published = {"archive": snakemake.params.tables_from, "provenance": read_provenance(record)}
        table = pd.read_csv(costs)
    else:
        table = cost_table(scale, STUDIES, snakemake.params.judged, jobs)
    with atomic_path(snakemake.output.costs) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    record = provenance(
        snakemake.params.name,
        scale,
        folder,
        jobs,
        figures=snakemake.params.figures,
        published=published,
    )
    write_json(snakemake.output.provenance, record)
    logger.info("wrote %s: %d jobs", snakemake.output.provenance, len(jobs))
