"""A training job as a record: what is trained, from which files, into which files."""

from pathlib import Path
from typing import Any

from pydantic import Field

from whysgd.base.record import Frozen
from whysgd.spec.ensemble import CheckpointPolicy, Ensemble
from whysgd.spec.operations import update_cost
from whysgd.spec.program import Program


def job_of(job: Any) -> "TrainingJob":
    """The record of a job of rule train.

    Args:
        job: what Snakemake gives a script, or a job of its plan: both have the same attributes.
    """
    resources = job.resources
    return TrainingJob(
        ensemble=Ensemble.model_validate(job.params.ensemble),
        data=job.input.data,
        checksum=job.input.checksum,
        code=job.params.code,
        history=job.output.history,
        ensemble_file=job.output.ensemble,
        finished=job.params.finished,
        checkpoints=job.params.checkpoints,
        log=job.log[0],
        events=resources.tensorboard or None,
        policy=CheckpointPolicy(
            seconds=resources.checkpoint_seconds,
            epochs=resources.checkpoint_epochs or None,
            keep=resources.checkpoints_kept,
        ),
    )


class TrainingJob(Frozen):
    """One training job of the workflow; every file is relative to the working folder."""

    ensemble: Ensemble
    data: Path = Field(description="the prepared data set")
    checksum: Path = Field(description="file of its checksum")
    code: str = Field(description="digest of the code that a run's numbers depend on")
    history: Path = Field(description="the table that the job writes")
    ensemble_file: Path = Field(description="what the table is of")
    finished: Path = Field(description="folder in which the finished history is kept")
    checkpoints: Path = Field(description="folder of the job's checkpoints")
    log: Path
    events: Path | None = Field(None, description="folder of event files for TensorBoard")
    policy: CheckpointPolicy = CheckpointPolicy()

    @property
    def name(self) -> str:
        """The run id."""
        return self.ensemble.run_id

    @property
    def group(self) -> Program:
        """Equal for jobs that share compiled code, if they have as many members."""
        return self.ensemble.program.compiled_as

    @property
    def work(self) -> int:
        """Operations of all updates, by which jobs are compared."""
        program, cost = self.ensemble.program, update_cost(self.ensemble.program)
        of_one = cost.plain if program.penalty is None else cost.penalty
        return len(self.ensemble.members) * program.num_updates * of_one
