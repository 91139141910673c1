"""Claims of the papers, judged from tables of runs and of fitted orders of accuracy."""

# By name, as keys know them, with the file that is read.
JUDGED_RUNS = {name: RESULTS.run_table(name) for name in CLAIMS.figures if name in FIGURES}
JUDGED_SLOPES = {
    study.slopes: RESULTS.table(study.slopes)
    for study in STUDIES
    if any(study.slopes in figure.tables for figure in DRAWN[study])
}
CLAIMS_FILES = {
    "claims": ancient([str(study.claims_file) for study in STUDIES]),
    "paper": ancient([str(path) for study in STUDIES for path in study.paper_files]),
    "judging": ancient(str(JUDGING_FILE)),
}
# By figure, how many runs of a point count, and what the figure is called.
HOW_TO_JUDGE = {
    "scale": SETTINGS.scale_name,
    "keep_best": {name: sweeps_of(FIGURES[name]).runs.keep_best for name in JUDGED_RUNS},
    "titles": {figure.name: figure.title for figure in FIGURES.values() if figure.title},
}


rule judge_claims:
    input:
        **CLAIMS_FILES,
        runs=list(JUDGED_RUNS.values()),
        slopes=list(JUDGED_SLOPES.values()),
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
        **HOW_TO_JUDGE,
        key=key_of(KEYS.claims, (*JUDGED_RUNS, *JUDGED_SLOPES)),
    message:
        "Judge the papers' claims"
    script:
        "../workflow/scripts/claims.py"


# For a scale that is run figure by figure: what is not there yet is undecided.
use rule judge_claims as judge_claims_so_far with:
    input:
        **CLAIMS_FILES,
        runs=[path for path in JUDGED_RUNS.values() if Path(path).exists()],
        slopes=[path for path in JUDGED_SLOPES.values() if Path(path).exists()],
    output:
        csv=RESULTS.claims("csv", so_far=True),
        markdown=RESULTS.claims("md", so_far=True),
        html=RESULTS.claims("html", so_far=True),
    log:
        RESULTS.log("claims_so_far"),
    benchmark:
        RESULTS.benchmark("claims_so_far")
    params:
        **HOW_TO_JUDGE,
        key=key_of(KEYS.claims, judged_so_far()),
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
