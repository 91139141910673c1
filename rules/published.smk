"""Published tables in place of runs: whatever is drawn is drawn from them, without training."""


rule take_tables:
    input:
        files=archive_files(SETTINGS.tables_from),
        code=script_inputs("take_tables.py"),
    output:
        tables=[RESULTS.table(name) for name in SETTINGS.published_tables],
        provenance=PUBLISHED["provenance"],
        costs=PUBLISHED["costs"],
    log:
        RESULTS.log("take_tables"),
    benchmark:
        RESULTS.benchmark("take_tables")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        archive=SETTINGS.tables_from.as_posix(),
    message:
        "Take the published tables"
    script:
        "../workflow/scripts/take_tables.py"
