"""Published tables in place of runs: whatever is drawn is drawn from them, without training."""


rule take_tables:
    input:
        files=archive_files(SETTINGS.tables_from),
        # The registry finds studies by their names; what curves are called is in their records.
        code=sorted({*script_inputs("take_tables.py"), *module_files(*(s.module for s in STUDIES))}),
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
        # Of figures of runs: what their tables' curves are is known by the settings.
        sweeps={
            figure.name: figure.part_of(sweeps_of(figure)).model_dump(mode="json")
            for figure in FIGURES.values()
        },
    message:
        "Take the published tables"
    script:
        "../workflow/scripts/take_tables.py"
