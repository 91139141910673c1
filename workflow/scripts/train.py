"""Rule train: trains one ensemble and writes its history."""

from whysgd.base.wanted import read_wanted
from whysgd.training.job.record import TrainingJob, job_of
from whysgd.training.job.session import Machine, run_job

resources = snakemake.resources
run_job(
    job_of(snakemake),
    Machine(resources.tensorflow_threads, resources.gpu, resources.jobs_per_gpu),
    [TrainingJob.model_validate(record) for record in read_wanted(resources.wanted, "train")],
)
