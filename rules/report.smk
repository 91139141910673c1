"""What a reader wants beside figures and claims: provenance, costs, pages, tables to publish."""


rule record_provenance:
    input:
        figures=drawn_files(),
        claims=claims_files(),
        published=list(PUBLISHED.values()),
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
        key=key_of(provenance_key),
        name=SETTINGS.scale_name,
        scale=identity(SCALE, exclude_none=True),
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
        key=key_of(lambda: KEYS.reading("pages.py", SHOWN_TABLES, provenance_key())),
        scale=SETTINGS.scale_name,
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
        key=key_of(
            lambda: KEYS.reading("archive.py", [*SHOWN_TABLES, *JUDGED_RUNS], provenance_key())
        ),
        name=SETTINGS.scale_name,
        scale=identity(SCALE, exclude_none=True),
    message:
        "Archive the tables"
    script:
        "../workflow/scripts/archive.py"


rule archive:
    input:
        rules.archive_tables.output,
    localrule: True
