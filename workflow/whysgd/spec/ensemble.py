"""Members and ensembles, and the names of their runs.

A *member* is one run of a program. An *ensemble* is a program and the members that one job
trains together.
"""

from pydantic import Field, model_validator

from whysgd.base.record import Frozen, fingerprint
from whysgd.spec.program import Program

LARGEST_SEED = 2**63 - 1  # what tables of results hold exactly


class Member(Frozen):
    """One run of a program."""

    learning_rate: float = Field(gt=0, description="the paper's epsilon; alpha in n-step SGD")
    reg_coefficient: float = Field(ge=0, description="the paper's lambda")
    seed: int = Field(ge=0, le=LARGEST_SEED)


class Ensemble(Frozen):
    """A program and the members that one job trains together."""

    program: Program
    members: tuple[Member, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Ensemble":
        if len(set(self.members)) < len(self.members):
            raise ValueError("the same member twice in one ensemble")
        if self.program.penalty is None and any(m.reg_coefficient for m in self.members):
            raise ValueError("a member with reg_coefficient > 0 needs a penalty")
        return self

    @property
    def run_id(self) -> str:
        """Folder name of the ensemble's results: a readable prefix and a hash of everything."""
        program = self.program
        dataset = f"{program.dataset.source}-{program.dataset.num_train}"
        penalty = "" if program.penalty is None else f"-{program.penalty.method}"
        prefix = f"{program.model}-{dataset}-b{program.batch_size}-n{program.updates_per_batch}"
        return f"{prefix}-u{program.num_updates}{penalty}-{fingerprint(self)}"


class CheckpointPolicy(Frozen):
    """When a training job writes checkpoints, and how many it keeps; changes no result."""

    seconds: int = Field(
        60,
        gt=0,
        description="time between two checkpoints; longer where writing one takes "
        "more than 2 % of it",
    )
    epochs: int | None = Field(
        None, gt=0, description="passes over the data between two checkpoints, whatever the time"
    )
    keep: int = Field(2, gt=0, description="how many are kept, the newest")
