"""The theory study: tables of errors and other numbers, their slopes, and figures of them."""

if SCALE.theory is not None and SETTINGS.tables_from is None:

    for job in THEORY_JOBS:

        rule:
            name:
                f"compute_theory_{job.name}"
            input:
                data=f"{FOLDER}/data/{SCALE.theory.dataset}.npz",
                checksum=f"{FOLDER}/data/{SCALE.theory.dataset}.npz.sha256",
                code=sorted(
                    {
                        *script_inputs("theory_table.py"),
                        *module_files(
                            *(f"whysgd.theory.tables.{table.module}" for table in job.tables)
                        ),
                    }
                ),
            output:
                [f"{FOLDER}/tables/{table.name}.csv" for table in job.tables],
            log:
                f"{FOLDER}/logs/theory/{job.name}.log",
            benchmark:
                f"{FOLDER}/benchmarks/theory/{job.name}.tsv"
            conda:
                "../envs/cpu.yaml"
            threads: 1
            resources:
                mem_mb=growing(2000),
                runtime=growing(30),
            params:
                theory=SCALE.theory.model_dump(mode="json"),
                num_classes=SCALE.datasets[SCALE.theory.dataset].num_classes,
                modules=[table.module for table in job.tables],
            message:
                f"Compute theory: {job.name}"
            script:
                "../workflow/scripts/theory_table.py"

    rule compute_theory_slopes:
        input:
            errors=[
                f"{FOLDER}/tables/{table.name}.csv"
                for job in THEORY_JOBS
                for table in job.tables
                if table.errors
            ],
            code=script_inputs("theory_slopes.py"),
        output:
            f"{FOLDER}/tables/theory_slopes.csv",
        log:
            f"{FOLDER}/logs/theory/theory_slopes.log",
        benchmark:
            f"{FOLDER}/benchmarks/theory/theory_slopes.tsv"
        conda:
            "../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(15),
        message:
            "Fit theory_slopes"
        script:
            "../workflow/scripts/theory_slopes.py"


if SCALE.theory is not None:

    for figure in THEORY_FIGURES:

        rule:
            name:
                f"draw_{figure.name}"
            input:
                tables=[f"{FOLDER}/tables/{table}.csv" for table in figure.tables],
                code=sorted(
                    {
                        *script_inputs("theory_figure.py"),
                        *module_files(f"whysgd.figures.{figure.module}"),
                    }
                ),
            output:
                pdf=f"{FOLDER}/figures/{figure.name}.pdf",
                png=report(
                    f"{FOLDER}/figures/{figure.name}.png",
                    caption=f"../workflow/report/{figure.name}.rst",
                    category="Theory",
                    labels={"figure": figure.name, "scale": SETTINGS.scale_name},
                ),
            log:
                f"{FOLDER}/logs/figure/{figure.name}.log",
            benchmark:
                f"{FOLDER}/benchmarks/figure/{figure.name}.tsv"
            conda:
                "../envs/cpu.yaml"
            threads: 1
            resources:
                mem_mb=growing(1000),
                runtime=growing(15),
            params:
                module=figure.module,
                scale=SETTINGS.scale_name,
                configuration=theory_configuration(SCALE),
            message:
                f"Draw {figure.name}"
            script:
                "../workflow/scripts/theory_figure.py"

        rule:
            name:
                figure.name
            input:
                theory_files(figure),
            localrule: True

    rule theory:
        input:
            theory_files(),
        localrule: True
