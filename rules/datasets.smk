"""One prepared, checksummed file for each data set of the scale."""


rule prepare_dataset:
    input:
        code=script_inputs("prepare_dataset.py"),
    output:
        data=f"{FOLDER}/data/{{dataset}}.npz",
        checksum=f"{FOLDER}/data/{{dataset}}.npz.sha256",
    log:
        f"{FOLDER}/logs/prepare_dataset/{{dataset}}.log",
    benchmark:
        f"{FOLDER}/benchmarks/prepare_dataset/{{dataset}}.tsv"
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        dataset=lambda wildcards: SCALE.datasets[wildcards.dataset].model_dump(mode="json"),
    message:
        "Prepare data set {wildcards.dataset}"
    script:
        "../workflow/scripts/prepare_dataset.py"
