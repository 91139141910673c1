"""Training: one job trains one ensemble and writes its history."""


rule train:
    input:
        unpack(dataset_files),
    output:
        history=f"{FOLDER}/runs/{{run_id}}/history.csv",
        ensemble=f"{FOLDER}/runs/{{run_id}}/ensemble.json",
    log:
        f"{FOLDER}/logs/train/{{run_id}}.log",
    benchmark:
        f"{FOLDER}/benchmarks/train/{{run_id}}.tsv"
    conda:
        "../envs/cuda.yaml" if SCALE.jobs.gpu else "../envs/cpu.yaml"
    threads: SCALE.jobs.threads
    resources:
        mem_mb=growing(SCALE.jobs.mem_mb),
        runtime=growing(SCALE.jobs.runtime),
        gpu=SCALE.jobs.gpu,
        # Here and not in params, since changing them must not train anything again.
        jobs_per_gpu=1,
        checkpoint_seconds=SCALE.jobs.checkpoints.seconds,
        checkpoint_epochs=SCALE.jobs.checkpoints.epochs or 0,
        checkpoints_kept=SCALE.jobs.checkpoints.keep,
        tensorboard=events_folder if SETTINGS.tensorboard else "",
    params:
        key=key_of(KEYS.training),
        code=lambda wildcards: training_digest(JOBS.ensembles[wildcards.run_id].program),
        ensemble=lambda wildcards: identity(JOBS.ensembles[wildcards.run_id]),
        # Not an output: Snakemake deletes the outputs of a job that failed.
        checkpoints=f"{FOLDER}/checkpoints/{{run_id}}",
    message:
        "Train {wildcards.run_id}"
    script:
        "../workflow/scripts/train.py"
