"""One prepared, checksummed file for each data set of the scale."""


rule prepare_dataset:
    input:
        # The files of published data sets are no inputs: their content is known wherever they are.
        own_file=lambda wildcards: ancient(SCALE.all_datasets[wildcards.dataset].path or []),
    output:
        data=RESULTS.data("{dataset}"),
        checksum=RESULTS.checksum("{dataset}"),
    log:
        RESULTS.log("prepare_dataset/{dataset}"),
    benchmark:
        RESULTS.benchmark("prepare_dataset/{dataset}")
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
        # Here and not in params, since moving the files must not prepare or train anything again.
        data_folder="" if SETTINGS.data_folder is None else SETTINGS.data_folder.as_posix(),
    params:
        key=key_of(KEYS.dataset),
        dataset=lambda wildcards: identity(SCALE.all_datasets[wildcards.dataset]),
    message:
        "Prepare data set {wildcards.dataset}"
    script:
        "../workflow/scripts/prepare_dataset.py"
