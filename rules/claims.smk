"""Claims of the papers, judged from tables of runs and of fitted orders of accuracy."""

JUDGED_RUNS = [RESULTS.run_table(name) for name in CLAIMS.figures if name in FIGURES]
JUDGED_SLOPES = [
    RESULTS.table(study.slopes)
    for study in STUDIES
    if any(study.slopes in figure.tables for figure in DRAWN[study])
]
CLAIMS_FILES = {
    "claims": [str(study.claims_file) for study in STUDIES],
    "paper": [str(path) for study in STUDIES for path in study.paper_files],
}


rule judge_claims:
    input:
        **CLAIMS_FILES,
        runs=JUDGED_RUNS,
        slopes=JUDGED_SLOPES,
        judging=str(JUDGING_FILE),
        code=script_inputs("claims.py"),
    output:
        csv=RESULTS.claims("csv"),
        markdown=RESULTS.claims("md"),
        html=report(
            RESULTS.claims("html"),
            caption="../workflow/report/claims.rst",
            category="Claims",
            labels={"figure": "claims", "scale": SETTINGS.scale_name},
        ),
    log:
        RESULTS.log("claims"),
    benchmark:
        RESULTS.benchmark("claims")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(15),
    params:
        scale=SETTINGS.scale_name,
        runs=SCALE.runs.model_dump(mode="json"),
    message:
        "Judge the papers' claims"
    script:
        "../workflow/scripts/claims.py"


# For a scale that is run figure by figure: what is not there yet is undecided.
use rule judge_claims as judge_claims_so_far with:
    input:
        **CLAIMS_FILES,
        runs=[path for path in JUDGED_RUNS if Path(path).exists()],
        slopes=[path for path in JUDGED_SLOPES if Path(path).exists()],
        judging=str(JUDGING_FILE),
        code=script_inputs("claims.py"),
    output:
        csv=RESULTS.claims("csv", so_far=True),
        markdown=RESULTS.claims("md", so_far=True),
        html=RESULTS.claims("html", so_far=True),
    log:
        RESULTS.log("claims_so_far"),
    benchmark:
        RESULTS.benchmark("claims_so_far")
    message:
        "Judge the papers' claims from the tables that are there"


rule claims_so_far:
    input:
        rules.judge_claims_so_far.output,
    localrule: True


rule claims:
    input:
        claims_files(),
    localrule: True
