"""What is timed for a plan, and the files that timings are kept in. Imports no TensorFlow."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from whysgd.base.errors import UserError
from whysgd.base.record import Frozen, fingerprint
from whysgd.config.files import read_yaml, validated
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble, Member

# A few batches of examples: time per example, and a measurement that is over soon.
_NUM_TRAIN, _NUM_TEST = 256, 128


class Timing(Frozen):
    """What one job of an ensemble takes, taken apart, on one machine."""

    device: str = Field(description="cpu or gpu")
    start_seconds: float = Field(ge=0, description="imports, network and initial parameters")
    compile_seconds: float = Field(ge=0, description="first calls beyond the time of later ones")
    minibatch_seconds: float = Field(gt=0, description="of all members and updates on it")
    evaluation_seconds: float = Field(gt=0, description="of all members, for one example")
    c_reg_seconds: float = Field(gt=0, description="of all members, for one minibatch's gradient")
    peak_bytes: int = Field(gt=0, description="largest resident memory, with next to no data")


class Calibration(Frozen):
    """The timings of one machine, by the identity of what was timed."""

    machine: dict[str, Any] = Field(description="processor, cores, system")
    timings: dict[str, Timing]


def timed_ensemble(ensemble: Ensemble) -> Ensemble:
    """What is timed in place of an ensemble: as many members of a program that costs the same.

    Speed depends on shapes alone, so images are noise, and budgets and learning rates do not
    matter. Ensembles that cost the same for each minibatch become the same.
    """
    program, members = ensemble.program, ensemble.members
    dataset = DatasetSpec(
        source="npz",
        path="noise",
        image_shape=program.dataset.image_shape,
        num_classes=program.dataset.num_classes,
        num_train=max(_NUM_TRAIN, 2 * program.batch_size),
        num_test=_NUM_TEST,
    )
    seeds = len({member.seed for member in members})
    return Ensemble(
        program=program.compiled_as.model_copy(
            update={"dataset": dataset, "num_minibatches": 1 << 20}
        ),
        members=tuple(
            Member(
                # Small enough that nothing diverges, and no two members are the same.
                learning_rate=2.0**-12 * (1 + number / len(members)),
                reg_coefficient=2.0**-12 if program.penalty else 0.0,
                seed=number % seeds,
            )
            for number in range(len(members))
        ),
    )


def timing_id(ensemble: Ensemble) -> str:
    """Identity of what has to be timed for an ensemble: equal for ensembles that cost the same."""
    timed = timed_ensemble(ensemble)
    program = timed.program
    penalty = "" if program.penalty is None else f"-{program.penalty.method}"
    shape = f"{program.model}-b{program.batch_size}-n{program.updates_per_batch}{penalty}"
    return f"{shape}-x{len(timed.members)}-{fingerprint(timed)}"


def read_timing(path: str | Path) -> Timing:
    """Reads what rule calibrate wrote.

    Raises:
        UserError: the file is missing or holds something else.
    """
    return validated(Timing, read_yaml(Path(path)), str(path))  # JSON is YAML


def read_calibration(path: str | Path) -> Calibration:
    """Reads the timings of a machine.

    Raises:
        UserError: the file is missing or holds something else.
    """
    return validated(Calibration, read_yaml(Path(path)), str(path))  # JSON is YAML


def needed_timings(
    calibration: Calibration, ensembles: Mapping[str, Ensemble]
) -> dict[str, Timing]:
    """The timing of each ensemble, by run id.

    Raises:
        UserError: the calibration lacks some, naming the first of them.
    """
    ids = {run_id: timing_id(ensemble) for run_id, ensemble in ensembles.items()}
    missing = sorted(set(ids.values()) - set(calibration.timings))
    if missing:
        raise UserError(
            f"the calibration has no timing of {missing[0]}"
            + (f" and {len(missing) - 1} others" if len(missing) > 1 else "")
            + ": make it anew with the same scale and version of this project"
        )
    return {run_id: calibration.timings[key] for run_id, key in ids.items()}


def distinct_timings(ensembles: Iterable[Ensemble]) -> dict[str, Ensemble]:
    """What has to be timed for some ensembles, by identity."""
    return {timing_id(ensemble): timed_ensemble(ensemble) for ensemble in ensembles}
