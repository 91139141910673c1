"""What is timed: networks on data, ensemble sizes, and three kinds of update.

Imports no TensorFlow, since contestants run in processes of their own.
"""

from dataclasses import dataclass

from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Member
from whysgd.spec.networks import PerceptronShape, parse_architecture
from whysgd.spec.program import Penalty, Program, Schedule

SEEDS = 7  # as in the paper's runs; the members of an ensemble are learning rates times seeds
# Nine of them, all stable for every network here: what diverges may change its speed.
LEARNING_RATES = tuple(2.0 ** -(6 + place / 2) for place in range(9))
REG_COEFFICIENT = 2.0**-6
KINDS = ("plain", "penalty", "n4")


@dataclass(frozen=True)
class Workload:
    """A network on a data set, trained as ensembles of several sizes."""

    name: str
    title: str
    source: str
    model: str
    batch_size: int
    members: tuple[int, ...]
    check_minibatches: int = 10  # before any timing, all must agree on what these lead to
    compare_matmuls: bool = False  # with the machine's rate at the products of these shapes


@dataclass(frozen=True)
class Row:
    """One workload at one ensemble size; its kinds of update are timed in the same rounds."""

    workload: Workload
    members: int

    @property
    def name(self) -> str:
        """Such as "mlp64-7": names the row's file, and chooses it on the command line."""
        return f"{self.workload.name}-{self.members}"


WORKLOADS = (
    Workload("mlp64", "MLP 64x3", "digits", "mlp-64-64-64", 8, (1, 7, 63)),
    Workload("mlp256", "MLP 256x3", "digits", "mlp-256-256-256", 8, (1, 7, 63), 10, True),
    Workload("wrn8", "WRN-10-1, 8x8", "digits", "wrn-10-1", 16, (1, 7)),
    Workload("wrn32", "WRN-10-1, 32x32", "noise-32x32x3", "wrn-10-1", 16, (1, 7), 2),
    Workload("mlp4096", "MLP 4096x3", "noise-28x28x1", "mlp-4096-4096-4096", 16, (1, 7), 2),
)
ROWS = tuple(Row(workload, members) for workload in WORKLOADS for members in workload.members)


def program_of(workload: Workload, kind: str) -> Program:
    """The program of a workload: "plain", with the "penalty", or with 4 updates a minibatch, "n4".

    Raises:
        ValueError: another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of update {kind!r}; known: {', '.join(KINDS)}")
    return Program(
        dataset=DatasetSpec(source=workload.source, num_train=320, num_test=320),
        model=workload.model,
        base_width=16,
        batch_size=workload.batch_size,
        updates_per_batch=4 if kind == "n4" else 1,
        num_minibatches=1 << 20,  # more than any budget: how long to train is said at each call
        schedule=Schedule(),
        weight_decay=0.0,
        penalty=_exact_penalty(workload.model) if kind == "penalty" else None,
        preprocessing="per_image",
        augmentation="none",
        crop_padding=0,
        num_evaluations=1,
        c_reg="final",
    )


def _exact_penalty(model: str) -> Penalty:
    """The fastest of our exact methods for a network."""
    dense = isinstance(parse_architecture(model), PerceptronShape)
    return Penalty(method="factored" if dense else "double_backprop")


def members_of(workload: Workload, kind: str) -> tuple[Member, ...]:
    """The largest ensemble of a workload; a smaller one is its first so many members."""
    return tuple(
        Member(
            learning_rate=learning_rate,
            reg_coefficient=REG_COEFFICIENT if kind == "penalty" else 0.0,
            seed=seed,
        )
        for learning_rate in LEARNING_RATES
        for seed in range(SEEDS)
    )[: max(workload.members)]
