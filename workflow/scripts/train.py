"""Rule train: trains one ensemble and writes its history."""

from whysgd.base.origin import log_origin
from whysgd.base.record import identity
from whysgd.base.scripting import script_log
from whysgd.spec.ensemble import CheckpointPolicy, Ensemble
from whysgd.training.job.devices import claimed_gpus
from whysgd.training.job.live import Live
from whysgd.training.job.runtime import gpu_names, start_tensorflow

with script_log(snakemake.log[0]) as logger:
    resources = snakemake.resources
    with (
        Live(snakemake.params.checkpoints) as live,
        claimed_gpus(resources.gpu, logger, jobs_per_gpu=resources.jobs_per_gpu),
    ):
        start_tensorflow(snakemake.threads, gpus=resources.gpu)
        if gpus := gpu_names():
            log_origin(logger, {"gpus": gpus})
        elif resources.gpu:
            logger.warning(
                "warning: jobs.gpu: %d asked for, but TensorFlow sees no GPU; "
                "training on the processor",
                resources.gpu,
            )

        from whysgd.base.files import write_json
        from whysgd.data.dataset import read_dataset
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
                seconds=resources.checkpoint_seconds,
                epochs=resources.checkpoint_epochs or None,
                keep=resources.checkpoints_kept,
            ),
            live=live,
            events_folder=resources.tensorboard or None,
        )
        write_json(snakemake.output.ensemble, identity(ensemble))
        write_history(snakemake.output.history, history)
    remove_checkpoints(snakemake.params.checkpoints)
