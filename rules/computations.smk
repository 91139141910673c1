"""Tables that a study computes without runs."""

for study in STUDIES:
    for job in study.computations_at(SCALE):

        rule:
            name:
                f"compute_{study.name}_{job.name.removeprefix(f'{study.name}_')}"
            input:
                data=[RESULTS.data(study.dataset_at(SCALE))] if job.dataset else [],
                checksum=[RESULTS.checksum(study.dataset_at(SCALE))] if job.dataset else [],
                tables=[RESULTS.table(name) for name in job.reads],
                code=sorted(
                    {
                        *script_inputs("compute.py"),
                        *module_files(*map(study.table_module, job.tables)),
                    }
                ),
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
                settings=study.settings_at(SCALE).model_dump(mode="json"),
                num_classes=(
                    SCALE.datasets[study.dataset_at(SCALE)].num_classes if job.dataset else None
                ),
                modules=[study.table_module(table) for table in job.tables],
            message:
                f"Compute {study.name}: {job.name}"
            script:
                "../workflow/scripts/compute.py"
