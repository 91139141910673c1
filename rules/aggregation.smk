"""Tables: for each figure, the best runs of every grid point, and every single run."""


rule table:
    input:
        histories=lambda wildcards: expand(
            f"{FOLDER}/runs/{{run_id}}/history.csv",
            run_id=runs_of(FIGURES[wildcards.figure]),
        ),
        ensembles=lambda wildcards: expand(
            f"{FOLDER}/runs/{{run_id}}/ensemble.json",
            run_id=runs_of(FIGURES[wildcards.figure]),
        ),
        code=script_inputs("table.py"),
    output:
        means=f"{FOLDER}/tables/{{figure}}.csv",
        runs=f"{FOLDER}/tables/{{figure}}_runs.csv",
    log:
        f"{FOLDER}/logs/table/{{figure}}.log",
    benchmark:
        f"{FOLDER}/benchmarks/table/{{figure}}.tsv"
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
