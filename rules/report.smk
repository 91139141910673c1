"""What a reader wants beside figures and claims: provenance, costs, pages, tables to publish."""


rule record_provenance:
    input:
        figures=[figure_files(figure) for figure in DEFAULT_FIGURES],
        theory=theory_files(),
        claims=claims_files(),
        published=list(PUBLISHED.values()),
        code=script_inputs("provenance.py"),
    output:
        provenance=f"{FOLDER}/provenance.json",
        costs=f"{FOLDER}/costs.csv",
    log:
        f"{FOLDER}/logs/provenance.log",
    benchmark:
        f"{FOLDER}/benchmarks/provenance.tsv"
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
        tables=[f"{FOLDER}/tables/{name}.csv" for name in SHOWN_TABLES],
        provenance=f"{FOLDER}/provenance.json",
        costs=f"{FOLDER}/costs.csv",
        code=script_inputs("pages.py"),
    output:
        tables=[
            report(
                f"{FOLDER}/pages/{name}.html",
                caption=f"../workflow/report/{caption}.rst",
                category="Tables",
                labels={"table": name, "scale": SETTINGS.scale_name},
            )
            for name, caption in SHOWN_TABLES.items()
        ],
        costs=report(
            f"{FOLDER}/pages/costs.html",
            caption="../workflow/report/costs.rst",
            category="Cost",
            labels={"page": "cost of each figure", "scale": SETTINGS.scale_name},
        ),
        configuration=report(
            f"{FOLDER}/pages/configuration.html",
            caption="../workflow/report/configuration.rst",
            category="Provenance",
            labels={"page": "configuration", "scale": SETTINGS.scale_name},
        ),
        provenance=report(
            f"{FOLDER}/pages/provenance.html",
            caption="../workflow/report/provenance.rst",
            category="Provenance",
            labels={"page": "provenance", "scale": SETTINGS.scale_name},
        ),
    log:
        f"{FOLDER}/logs/pages.log",
    benchmark:
        f"{FOLDER}/benchmarks/pages.tsv"
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        scale=SETTINGS.scale_name,
        runs=SCALE.runs.model_dump(mode="json"),
    message:
        "Write the pages of the report"
    script:
        "../workflow/scripts/pages.py"


rule archive_tables:
    input:
        tables=[f"{FOLDER}/tables/{name}.csv" for name in archived_tables()],
        provenance=f"{FOLDER}/provenance.json",
        costs=f"{FOLDER}/costs.csv",
        code=script_inputs("archive.py"),
    output:
        f"{FOLDER}/{SETTINGS.scale_name}-tables.zip",
    log:
        f"{FOLDER}/logs/archive.log",
    benchmark:
        f"{FOLDER}/benchmarks/archive.tsv"
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
