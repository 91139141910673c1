"""The plan: what the jobs of this scale will take, before anything is spent."""

from whysgd.planning.timings import distinct_timings

# Worked out when a plan is asked for, not every time that this file is read.
TIMED = functools.cache(lambda: distinct_timings(PLAN.ensembles.values()))


rule calibrate:
    output:
        RESULTS.timing("{timing_id}"),
    log:
        RESULTS.log("calibrate/{timing_id}"),
    benchmark:
        RESULTS.benchmark("calibrate/{timing_id}")
    conda:
        "../envs/cuda.yaml" if SCALE.jobs.gpu else "../envs/cpu.yaml"
    threads: SCALE.jobs.threads
    resources:
        mem_mb=growing(SCALE.jobs.mem_mb),
        runtime=growing(30),
        gpu=SCALE.jobs.gpu,
    params:
        key=key_of(lambda timing_id: KEYS.timing(TIMED()[timing_id])),
        ensemble=lambda wildcards: identity(TIMED()[wildcards.timing_id]),
    message:
        "Time {wildcards.timing_id}"
    script:
        "../workflow/scripts/calibrate.py"


# No outputs: it runs whenever it is asked for, since jobs finish in between.
rule plan:
    input:
        timings=lambda wildcards: (
            [] if SETTINGS.calibration else [RESULTS.timing(timing_id) for timing_id in TIMED()]
        ),
    log:
        RESULTS.log("plan"),
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        folder=FOLDER,
        scale=SETTINGS.scale_name,
        calibration=str(SETTINGS.calibration or ""),
        ensembles=lambda wildcards: {
            run_id: identity(ensemble) for run_id, ensemble in PLAN.ensembles.items()
        },
        figures=lambda wildcards: {name: runs_of(figure) for name, figure in FIGURES.items()},
        # A cluster is told how many jobs, a machine how many cores.
        places=lambda wildcards: workflow.nodes or max(1, workflow.cores // SCALE.jobs.threads),
    message:
        "Plan scale {SETTINGS.scale_name}"
    script:
        "../workflow/scripts/plan.py"
