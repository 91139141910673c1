"""Figures, drawn from the tables alone; one named target for each."""

# A rule for each, since Snakemake reads no wildcard in the path of a caption.
for figure in FIGURES.values():

    rule:
        name:
            f"draw_{figure.name}"
        input:
            table=f"{FOLDER}/tables/{figure.name}.csv",
            paper=str(PAPER_FILE),
            code=sorted(
                {*script_inputs("figure.py"), *module_files(f"whysgd.figures.{figure.module}")}
            ),
        output:
            pdf=f"{FOLDER}/figures/{figure.name}.pdf",
            png=report(
                f"{FOLDER}/figures/{figure.name}.png",
                caption=f"../workflow/report/{figure.module}.rst",
                category="Figures",
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
            scale=SETTINGS.scale_name,
            runs=SCALE.runs.model_dump(mode="json"),
            configuration=figure.configuration(SCALE),
            module=figure.module,
        message:
            f"Draw {figure.name}"
        script:
            "../workflow/scripts/figure.py"

    rule:
        name:
            figure.name
        input:
            figure_files(figure),
        localrule: True


rule figures:
    input:
        [figure_files(figure) for figure in DEFAULT_FIGURES],
        theory_files(),
        claims_files(),
    localrule: True
