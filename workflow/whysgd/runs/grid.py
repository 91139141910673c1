"""From experiments to grid points, and from grid points to the jobs that train them.

Points that need the same run name the same run: experiments that overlap share their training.
Imports no TensorFlow.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.powers import format_number
from whysgd.config.files import validated
from whysgd.config.scales import JobSettings, ScaleSettings
from whysgd.config.sections import SweepSection
from whysgd.config.sweeps import ExperimentSettings, Sweeps
from whysgd.runs.sizes import check_run_names, check_sizes
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble, Member
from whysgd.spec.networks import parse_architecture
from whysgd.spec.program import Penalty, Program, Schedule

# Of float32: the smallest normal number, below which processors may take a number for 0.
_SMALLEST, _LARGEST = 2.0**-126, (2 - 2.0**-23) * 2.0**127
_MOST_UPDATES = 2.0**53  # up to which epochs, which are floats, count them exactly
_DEFAULTS = {
    "base_width": 16,
    "updates_per_batch": (1,),
    "schedule": Schedule(),
    "penalty": Penalty(),
    "weight_decay": 0.0,
    "preprocessing": "per_image",
    "augmentation": "none",
    "crop_padding": 4,
    "c_reg": "final",
}
# Keys that do something for some values of another key only. Runs that differ in one of them
# without need would be the same run under two names.
_USED_IF: dict[str, tuple[str, Callable[[str], bool]]] = {
    "base_width": (
        "model",
        lambda model: parse_architecture(model).has_base_width,
    ),
    "crop_padding": ("augmentation", lambda augmentation: augmentation != "none"),
}


@dataclass(frozen=True)
class Point:
    """One point of an experiment's sweep: all of a run but the seed."""

    program: Program
    learning_rate: float
    reg_coefficient: float

    def member(self, seed: int) -> Member:
        """The run of this point with the given seed."""
        return Member(
            learning_rate=self.learning_rate, reg_coefficient=self.reg_coefficient, seed=seed
        )


def experiment_points(scale: Sweeps, name: str) -> tuple[Point, ...]:
    """The grid points of an experiment, in the order of its lists.

    Raises:
        UserError: no such experiment, a key is missing, or a value does not fit the data.
    """
    if name not in scale.experiments:
        raise UserError(
            f"experiments: no {name!r} at this scale; known: {', '.join(scale.experiments)}"
        )
    experiment = scale.experiments[name]
    fields = _program_fields(scale, name, experiment)
    budget = "epochs" if "epochs" in fields else "updates"
    axes: list[tuple[Any, ...]] = [
        fields.pop(key) for key in ("batch_size", "updates_per_batch", budget)
    ]
    points = []
    for batch_size, updates_per_batch, amount in product(*axes):
        where = f"experiments.{name}"
        num_minibatches = _minibatches(
            where, fields["dataset"], batch_size, updates_per_batch, budget, amount
        )
        for learning_rate, reg_coefficient in product(
            _axis(experiment, "learning_rate", batch_size),
            _axis(experiment, "reg_coefficient", batch_size),
        ):
            for key, value in (
                ("learning_rate", learning_rate),
                ("reg_coefficient", reg_coefficient),
                ("weight_decay", fields["weight_decay"]),
                ("penalty.radius", Penalty.model_validate(fields["penalty"]).radius or 0.0),
            ):
                _check_float32(f"{where}.{key}", value)
            axes_here = {
                "batch_size": batch_size,
                "updates_per_batch": updates_per_batch,
                "num_minibatches": num_minibatches,
                # Without a coefficient the method changes nothing, and the run is the same run.
                "penalty": fields["penalty"] if reg_coefficient else None,
            }
            program = validated(Program, {**fields, **axes_here}, where)
            points.append(Point(program, learning_rate, reg_coefficient))
    return tuple(points)


@dataclass(frozen=True)
class Jobs:
    """The training jobs of a study at a scale, and which of them trains each run."""

    ensembles: Mapping[str, Ensemble]  # by run id
    _run_ids: Mapping[tuple[Program, Member], str]

    def run_id(self, point: Point, seed: int) -> str:
        """The job that trains a point with a seed."""
        return self._run_ids[point.program, point.member(seed)]

    def run_ids(self, points: Iterable[Point], seeds: Iterable[int]) -> list[str]:
        """The jobs that train some points, each once, in order of first use."""
        return list(dict.fromkeys(self.run_id(p, s) for p, s in product(points, tuple(seeds))))


@dataclass(frozen=True)
class Plan:
    """The training jobs of a scale, study by study.

    Studies are planned apart, so that a new one renames no run of another. Where two need the
    same ensemble, it has the same name and is trained once.
    """

    studies: Mapping[str, Jobs]

    @cached_property
    def ensembles(self) -> Mapping[str, Ensemble]:
        """The ensembles of all studies by run id."""
        return {
            run_id: ensemble
            for jobs in self.studies.values()
            for run_id, ensemble in jobs.ensembles.items()
        }


def plan_jobs(scale: ScaleSettings) -> Plan:
    """Splits every run that any experiment of the scale needs into jobs.

    Raises:
        UserError: as `experiment_points`, or a network or a data set is too large.
    """
    return Plan(
        {
            name: _plan_study(scale.sweeps[name], section.together, scale.jobs)
            for name, section in scale.sections.items()
            if isinstance(section, SweepSection)
        }
    )


def _plan_study(sweeps: Sweeps, together: Collection[str], jobs: JobSettings) -> Jobs:
    """The jobs of one study's sweeps.

    Experiments that go together are split into jobs as one. Each of the others adds jobs for the
    runs that no experiment before it needs, so that adding one renames nothing.
    """
    ensembles: dict[str, Ensemble] = {}
    run_ids: dict[tuple[Program, Member], str] = {}
    alone = [(name,) for name in sweeps.experiments if name not in together]
    for names in ([name for name in sweeps.experiments if name in together], *alone):
        members = _members(sweeps, names)
        check_sizes(members, jobs)
        for program, groups in members.items():
            new = {
                key: left
                for key, members in groups.items()
                if (left := [m for m in members if (program, m) not in run_ids])
            }
            for chunk in _split(new, jobs.split, jobs.max_members):
                ensemble = Ensemble(program=program, members=tuple(chunk))
                run_id = ensemble.run_id
                ensembles[run_id] = ensemble
                run_ids.update({(program, member): run_id for member in chunk})
    check_run_names(ensembles)
    return Jobs(ensembles, run_ids)


def _members(
    sweeps: Sweeps, names: Iterable[str]
) -> dict[Program, dict[tuple[float, float], list[Member]]]:
    """What some experiments need of each program: members by learning rate and coefficient."""
    members: dict[Program, dict[tuple[float, float], list[Member]]] = {}
    for name in names:
        for point in experiment_points(sweeps, name):
            groups = members.setdefault(point.program, {})
            key = (point.learning_rate, point.reg_coefficient)
            groups[key] = [point.member(seed) for seed in sweeps.runs.seeds]
    return members


def _split(
    groups: Mapping[tuple[float, float], list[Member]], split: str, max_members: int
) -> list[list[Member]]:
    """Members of one program into jobs of nearly equal size; sorted, so names are stable."""
    ordered = [groups[key] for key in sorted(groups)]
    units = ordered if split == "point" else [[m for group in ordered for m in group]]
    chunks = []
    for unit in units:
        parts = -(-len(unit) // max_members)
        bounds = [len(unit) * part // parts for part in range(parts + 1)]
        chunks += [unit[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    return chunks


def _program_fields(scale: Sweeps, name: str, experiment: ExperimentSettings) -> dict[str, Any]:
    """Keys of the program: defaults, then the named program's, then the experiment's own."""
    base = scale.programs[experiment.program].model_dump(exclude_none=True)
    own = experiment.model_dump(
        exclude_none=True,
        include=set(type(scale.programs[experiment.program]).model_fields),
    )
    if "epochs" in own or "updates" in own:
        base = {key: value for key, value in base.items() if key not in ("epochs", "updates")}
    fields = {**_DEFAULTS, **base, **own}
    for key in ("dataset", "model", "batch_size", "num_evaluations"):
        if key not in fields:
            raise UserError(f"experiments.{name}: `{key}` is missing here and in its program")
    if "epochs" not in fields and "updates" not in fields:
        raise UserError(f"experiments.{name}: give a budget, `epochs` or `updates`")
    for key, (decided_by, is_used) in _USED_IF.items():
        if is_used(fields[decided_by]) or (key not in base and key not in own):
            continue
        if key in own or decided_by not in own:
            place = f"experiments.{name}" if key in own else f"programs.{experiment.program}"
            raise UserError(
                f"{place}.{key}: does nothing with `{decided_by}` = {fields[decided_by]}"
            )
        fields[key] = _DEFAULTS[key]  # the experiment has done away with what it was for
    return {**fields, "dataset": scale.datasets[fields["dataset"]]}


def _axis(experiment: ExperimentSettings, key: str, batch_size: int) -> tuple[float, ...]:
    ratios = getattr(experiment, f"{key}_over_batch_size")
    if ratios is not None:
        return tuple(ratio * batch_size for ratio in ratios)
    values: tuple[float, ...] | None = getattr(experiment, key)
    return (0.0,) if values is None else values


def _minibatches(
    where: str,
    dataset: DatasetSpec,
    batch_size: int,
    updates_per_batch: int,
    budget: str,
    amount: float,
) -> int:
    """A budget in epochs or in updates as a number of minibatches, rounded to a whole one."""
    if batch_size > dataset.num_train:
        raise UserError(
            f"{where}.batch_size: {batch_size} is more than the {dataset.num_train} training images"
        )
    if budget == "epochs":
        amount = amount * (dataset.num_train // batch_size)
    else:
        if amount % updates_per_batch:
            raise UserError(
                f"{where}.updates: {amount:g} is no multiple of "
                f"updates_per_batch = {updates_per_batch}"
            )
        amount = amount // updates_per_batch  # of integers, so it is exact
    if amount * updates_per_batch > _MOST_UPDATES:
        raise UserError(f"{where}.{budget}: more than {format_number(_MOST_UPDATES)} updates")
    if round(amount) < 1:
        raise UserError(f"{where}.{budget}: less than one minibatch")
    return round(amount)


def _check_float32(where: str, value: float) -> None:
    """Refuses a number with which training, in float32, would count as 0 or as infinite.

    Raises:
        UserError: beginning with `where`.
    """
    if value != 0 and not _SMALLEST <= value <= _LARGEST:
        raise UserError(
            f"{where}: {format_number(value)} is beyond float32, which training computes in: from "
            f"{format_number(_SMALLEST)} to below 2^128"
        )
