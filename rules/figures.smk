"""Figures of all studies, drawn from tables alone; one named target for each, and for each study."""

# A rule for each, since Snakemake reads no wildcard in the path of a caption.
for study, figures in DRAWN.items():
    for figure in figures:

        rule:
            name:
                f"draw_{figure.name}"
            input:
                tables=[RESULTS.table(name) for name in figure.reads.values()],
                paper=ancient([str(path) for path in study.paper_files]),
            output:
                pdf=RESULTS.figure(figure.name, "pdf"),
                png=report(
                    RESULTS.figure(figure.name, "png"),
                    caption=caption_of(study, figure.module),
                    category=study.title,
                    labels={"figure": figure.name, "scale": SETTINGS.scale_name},
                ),
            log:
                RESULTS.log(f"figure/{figure.name}"),
            benchmark:
                RESULTS.benchmark(f"figure/{figure.name}")
            conda:
                "../envs/cpu.yaml"
            threads: 1
            resources:
                mem_mb=growing(1000),
                runtime=growing(15),
            params:
                key=key_of(KEYS.drawing, study, figure),
                figure=figure.name,
                module=study.figure_module(figure),
                tables=list(figure.reads),
                scale=SETTINGS.scale_name,
                runs=repetitions_of(figure),
                configuration=study.configuration(figure, SCALE),
            message:
                f"Draw {figure.name}"
            script:
                "../workflow/scripts/figure.py"

        rule:
            name:
                figure.name
            input:
                files_of([figure]),
            localrule: True

    if DEFAULT_FIGURES[study]:

        rule:
            name:
                study.name
            input:
                files_of(DEFAULT_FIGURES[study]),
            localrule: True


rule figures:
    input:
        drawn_files(),
        claims_files(),
    localrule: True
