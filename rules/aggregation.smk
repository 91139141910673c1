"""Tables: for each figure, the best runs of every grid point, and every single run."""


rule table:
    input:
        histories=lambda wildcards: [
            RESULTS.history(run_id) for run_id in runs_of(FIGURES[wildcards.figure])
        ],
        ensembles=lambda wildcards: [
            RESULTS.ensemble(run_id) for run_id in runs_of(FIGURES[wildcards.figure])
        ],
        # The registry finds studies by their names; those of a figure's curves are its study's own.
        code=lambda wildcards: sorted(
            {
                *script_inputs("table.py"),
                *module_files(
                    *(s.module for s in STUDIES if FIGURES[wildcards.figure] in s.figures)
                ),
            }
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
        # Only what this figure reads: a change elsewhere in the scale file leaves it alone.
        scale=lambda wildcards: FIGURES[wildcards.figure].part_of(SCALE).model_dump(mode="json"),
    message:
        "Aggregate {wildcards.figure}"
    script:
        "../workflow/scripts/table.py"
