"""Published tables in place of runs: whatever is drawn is drawn from them, without training."""


rule take_tables:
    input:
        files=ancient(archive_files(SETTINGS.tables_from)),
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
        # Here and not in params, since moving the archive must not take it again.
        archive=SETTINGS.tables_from.as_posix(),
    params:
        key=key_of(KEYS.taking_tables),
        # Of figures of runs: what their tables' curves are is known by the settings.
        sweeps={
            figure.name: identity(figure.part_of(sweeps_of(figure))) for figure in FIGURES.values()
        },
    message:
        "Take the published tables"
    script:
        "../workflow/scripts/take_tables.py"
