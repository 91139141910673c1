"""Tables: for each figure, the best runs of every grid point, and every single run."""


rule table:
    input:
        histories=lambda wildcards: [
            RESULTS.history(run_id) for run_id in runs_of(FIGURES[wildcards.figure])
        ],
        ensembles=lambda wildcards: ancient(
            [RESULTS.ensemble(run_id) for run_id in runs_of(FIGURES[wildcards.figure])]
        ),
    output:
        means=RESULTS.table("{figure}"),
        runs=RESULTS.run_table("{figure}"),
    log:
        RESULTS.log("table/{figure}"),
    benchmark:
        RESULTS.benchmark("table/{figure}")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(15),
    params:
        key=key_of(KEYS.table),
        # Only what this figure reads: a change elsewhere in the scale file leaves it alone.
        scale=lambda wildcards: identity(
            (figure := FIGURES[wildcards.figure]).part_of(sweeps_of(figure))
        ),
    message:
        "Aggregate {wildcards.figure}"
    script:
        "../workflow/scripts/table.py"
