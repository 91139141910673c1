"""Training: one job trains one ensemble and writes its history."""


rule train:
    input:
        unpack(dataset_files),
    output:
        history=RESULTS.history("{run_id}"),
        ensemble=RESULTS.ensemble("{run_id}"),
    log:
        RESULTS.log("train/{run_id}"),
    benchmark:
        RESULTS.benchmark("train/{run_id}")
    priority: 1  # before drawing, since a process that trains goes on with other training jobs
    conda:
        "../envs/cuda.yaml" if SCALE.jobs.gpu else "../envs/cpu.yaml"
    threads: SCALE.jobs.threads
    resources:
        mem_mb=growing(SCALE.jobs.mem_mb),
        runtime=growing(SCALE.jobs.runtime),
        gpu=SCALE.jobs.gpu,
        # Here and not in params, since changing them must not train anything again.
        jobs_per_gpu=1,
        tensorflow_threads=SCALE.jobs.threads,
        checkpoint_seconds=SCALE.jobs.checkpoints.seconds,
        checkpoint_epochs=SCALE.jobs.checkpoints.epochs or 0,
        checkpoints_kept=SCALE.jobs.checkpoints.keep,
        tensorboard=events_folder if SETTINGS.tensorboard else "",
        wanted=wanted_file() if SCALE.jobs.share_processes else "",
    params:
        key=key_of(KEYS.training),
        code=lambda wildcards: training_digest(PLAN.ensembles[wildcards.run_id].program),
        ensemble=lambda wildcards: identity(PLAN.ensembles[wildcards.run_id]),
        # No outputs: Snakemake deletes those of a job that failed, or is to run again.
        checkpoints=RESULTS.checkpoints("{run_id}"),
        finished=RESULTS.finished("{run_id}"),
    message:
        "Train {wildcards.run_id}"
    script:
        "../workflow/scripts/train.py"
