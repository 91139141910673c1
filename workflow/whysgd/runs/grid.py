"""From experiments to grid points, and from grid points to the jobs that train them.

Points that need the same run name the same run: experiments that overlap share their training.
Imports no TensorFlow.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from whysgd.base.errors import UserError
from whysgd.config.files import validated
from whysgd.config.settings import ExperimentSettings, ScaleSettings, Sweeps
from whysgd.spec.datasets import DatasetSpec
from whysgd.spec.ensemble import Ensemble, Member
from whysgd.spec.networks import parse_architecture
from whysgd.spec.program import Penalty, Program, Schedule

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
    """The training jobs of a scale, and which of them trains each run."""

    ensembles: Mapping[str, Ensemble]  # by run id
    _run_ids: Mapping[tuple[Program, Member], str]

    def run_id(self, point: Point, seed: int) -> str:
        """The job that trains a point with a seed."""
        return self._run_ids[point.program, point.member(seed)]

    def run_ids(self, points: Iterable[Point], seeds: Iterable[int]) -> list[str]:
        """The jobs that train some points, each once, in order of first use."""
        return list(dict.fromkeys(self.run_id(p, s) for p, s in product(points, tuple(seeds))))


def plan_jobs(scale: ScaleSettings) -> Jobs:
    """Splits every run that any experiment of the scale needs into jobs.

    Raises:
        UserError: as `experiment_points`.
    """
    members: dict[Program, dict[tuple[float, float], list[Member]]] = {}
    for name in scale.experiments:
        for point in experiment_points(scale, name):
            groups = members.setdefault(point.program, {})
            key = (point.learning_rate, point.reg_coefficient)
            groups[key] = [point.member(seed) for seed in scale.runs.seeds]
    ensembles, run_ids = {}, {}
    for program, groups in members.items():
        for chunk in _split(groups, scale.jobs.split, scale.jobs.max_members):
            ensemble = Ensemble(program=program, members=tuple(chunk))
            run_id = ensemble.run_id
            ensembles[run_id] = ensemble
            run_ids.update({(program, member): run_id for member in chunk})
    return Jobs(ensembles, run_ids)


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
        amount = amount / updates_per_batch
    if round(amount) < 1:
        raise UserError(f"{where}.{budget}: less than one minibatch")
    return round(amount)
