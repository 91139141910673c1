"""What a reader wants beside figures and claims: provenance, costs, pages, tables to publish."""


rule record_provenance:
    input:
        figures=drawn_files(),
        claims=claims_files(),
        published=list(PUBLISHED.values()),
        code=sorted({*script_inputs("provenance.py"), *module_files(*(s.module for s in STUDIES))}),
    output:
        provenance=RESULTS.provenance,
        costs=RESULTS.costs,
    log:
        RESULTS.log("provenance"),
    benchmark:
        RESULTS.benchmark("provenance")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        name=SETTINGS.scale_name,
        scale=SCALE.model_dump(mode="json", exclude_none=True),
        figures=configurations(),
        judged=list(CLAIMS.figures),
        tables_from="" if SETTINGS.tables_from is None else SETTINGS.tables_from.name,
    message:
        "Record where the results come from"
    script:
        "../workflow/scripts/provenance.py"


rule write_pages:
    input:
        tables=[RESULTS.table(name) for name in SHOWN_TABLES],
        provenance=RESULTS.provenance,
        costs=RESULTS.costs,
        code=script_inputs("pages.py"),
    output:
        tables=[
            report(
                RESULTS.page(name),
                caption=caption,
                category="Tables",
                labels={"table": name, "scale": SETTINGS.scale_name},
            )
            for name, caption in SHOWN_TABLES.items()
        ],
        costs=report(
            RESULTS.page("costs"),
            caption="../workflow/report/costs.rst",
            category="Cost",
            labels={"page": "cost of each figure", "scale": SETTINGS.scale_name},
        ),
        configuration=report(
            RESULTS.page("configuration"),
            caption="../workflow/report/configuration.rst",
            category="Provenance",
            labels={"page": "configuration", "scale": SETTINGS.scale_name},
        ),
        provenance=report(
            RESULTS.page("provenance"),
            caption="../workflow/report/provenance.rst",
            category="Provenance",
            labels={"page": "provenance", "scale": SETTINGS.scale_name},
        ),
    log:
        RESULTS.log("pages"),
    benchmark:
        RESULTS.benchmark("pages")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        scale=SETTINGS.scale_name,
        runs=SCALE.runs.model_dump(mode="json"),
        figures=list(FIGURES),
    message:
        "Write the pages of the report"
    script:
        "../workflow/scripts/pages.py"


rule archive_tables:
    input:
        tables=archived_tables(),
        provenance=RESULTS.provenance,
        costs=RESULTS.costs,
        code=script_inputs("archive.py"),
    output:
        RESULTS.archive(SETTINGS.scale_name),
    log:
        RESULTS.log("archive"),
    benchmark:
        RESULTS.benchmark("archive")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        name=SETTINGS.scale_name,
        scale=SCALE.model_dump(mode="json", exclude_none=True),
    message:
        "Archive the tables"
    script:
        "../workflow/scripts/archive.py"


rule archive:
    input:
        rules.archive_tables.output,
    localrule: True
