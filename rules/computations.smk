"""Tables that a study computes without runs."""

for study in STUDIES:
    for job in study.computations_at(SCALE):

        rule:
            name:
                f"compute_{study.name}_{job.name.removeprefix(f'{study.name}_')}"
            input:
                data=ancient([RESULTS.data(study.dataset_at(SCALE))] if job.dataset else []),
                checksum=[RESULTS.checksum(study.dataset_at(SCALE))] if job.dataset else [],
                tables=[RESULTS.table(name) for name in job.reads],
            output:
                [RESULTS.table(table.name) for table in job.tables],
            log:
                RESULTS.log(f"{study.name}/{job.name}"),
            benchmark:
                RESULTS.benchmark(f"{study.name}/{job.name}")
            conda:
                "../envs/cpu.yaml"
            threads: 1
            resources:
                mem_mb=growing(2000),
                runtime=growing(30),
            params:
                key=key_of(KEYS.computation, study, job),
                settings=identity(study.settings_at(SCALE)),
                num_classes=(
                    SCALE.all_datasets[study.dataset_at(SCALE)].num_classes
                    if job.dataset
                    else None
                ),
                modules=[study.table_module(table) for table in job.tables],
            message:
                f"Compute {study.name}: {job.name}"
            script:
                "../workflow/scripts/compute.py"
