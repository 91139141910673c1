"""Figures, drawn from the tables alone; one named target for each."""


rule figure:
    input:
        table=f"{FOLDER}/tables/{{figure}}.csv",
        paper=str(PAPER_FILE),
        code=lambda wildcards: module_files(
            f"whysgd.figures.{FIGURES[wildcards.figure].module}", "whysgd.figures.render"
        ),
    output:
        pdf=f"{FOLDER}/figures/{{figure}}.pdf",
        png=report(
            f"{FOLDER}/figures/{{figure}}.png",
            caption="../workflow/report/{figure}.rst",
            category="Figures",
            labels={"figure": "{figure}", "scale": SETTINGS.scale_name},
        ),
    log:
        f"{FOLDER}/logs/figure/{{figure}}.log",
    benchmark:
        f"{FOLDER}/benchmarks/figure/{{figure}}.tsv"
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        scale=SETTINGS.scale_name,
        runs=SCALE.runs.model_dump(mode="json"),
        module=lambda wildcards: FIGURES[wildcards.figure].module,
    message:
        "Draw {wildcards.figure}"
    script:
        "../workflow/scripts/figure.py"


for target in FIGURES.values():

    rule:
        name:
            target.name
        input:
            figure_files(target),
        localrule: True
