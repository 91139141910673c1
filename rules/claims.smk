"""Claims of the paper, judged from the tables of runs and of the theory study's slopes."""


rule judge_claims:
    input:
        runs=[f"{FOLDER}/tables/{name}_runs.csv" for name in CLAIMS.figures if name in FIGURES],
        slopes=[f"{FOLDER}/tables/theory_slopes.csv"] if SCALE.theory else [],
        claims=str(CLAIMS_FILE),
        paper=str(PAPER_FILE),
        code=script_inputs("claims.py"),
    output:
        csv=f"{FOLDER}/claims.csv",
        markdown=f"{FOLDER}/claims.md",
        html=report(
            f"{FOLDER}/claims.html",
            caption="../workflow/report/claims.rst",
            category="Claims",
            labels={"figure": "claims", "scale": SETTINGS.scale_name},
        ),
    log:
        f"{FOLDER}/logs/claims.log",
    benchmark:
        f"{FOLDER}/benchmarks/claims.tsv"
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
        "Judge the paper's claims"
    script:
        "../workflow/scripts/claims.py"


# For a scale that is run figure by figure: what is not there yet is undecided.
use rule judge_claims as judge_claims_so_far with:
    input:
        runs=[
            path
            for name in CLAIMS.figures
            if name in FIGURES and Path(path := f"{FOLDER}/tables/{name}_runs.csv").exists()
        ],
        slopes=[
            path
            for path in [f"{FOLDER}/tables/theory_slopes.csv"]
            if SCALE.theory and Path(path).exists()
        ],
        claims=str(CLAIMS_FILE),
        paper=str(PAPER_FILE),
        code=script_inputs("claims.py"),
    output:
        csv=f"{FOLDER}/claims_so_far.csv",
        markdown=f"{FOLDER}/claims_so_far.md",
        html=f"{FOLDER}/claims_so_far.html",
    log:
        f"{FOLDER}/logs/claims_so_far.log",
    benchmark:
        f"{FOLDER}/benchmarks/claims_so_far.tsv"
    message:
        "Judge the paper's claims from the tables that are there"


rule claims_so_far:
    input:
        rules.judge_claims_so_far.output,
    localrule: True


rule claims:
    input:
        claims_files(),
    localrule: True
