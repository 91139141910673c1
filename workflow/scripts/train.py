"""Rule train: trains one ensemble and writes its history."""

from whysgd.scripting import script_log
from whysgd.spec import CheckpointPolicy, Ensemble
from whysgd.training.devices import claimed_gpus
from whysgd.training.runtime import start_tensorflow

with (
    script_log(snakemake.log[0]) as logger,
    claimed_gpus(snakemake.resources.gpu, logger, jobs_per_gpu=snakemake.resources.jobs_per_gpu),
):
    start_tensorflow(snakemake.threads, gpus=snakemake.resources.gpu)

    from whysgd.data.dataset import read_dataset
    from whysgd.files import write_json
    from whysgd.training.checkpoints import remove_checkpoints
    from whysgd.training.history import write_history
    from whysgd.training.loop import train_ensemble

    ensemble = Ensemble.model_validate(snakemake.params.ensemble)
    history = train_ensemble(
        ensemble,
        read_dataset(snakemake.input.data, snakemake.input.checksum),
        logger,
        checkpoint_folder=snakemake.params.checkpoints,
        checkpoint_policy=CheckpointPolicy(
            seconds=snakemake.resources.checkpoint_seconds,
            epochs=snakemake.resources.checkpoint_epochs or None,
            keep=snakemake.resources.checkpoints_kept,
        ),
    )
    write_json(snakemake.output.ensemble, ensemble.model_dump(mode="json"))
    write_history(snakemake.output.history, history)
    remove_checkpoints(snakemake.params.checkpoints)
