"""What is claimed, and the rule for its verdict: the records of `config/claims.yaml`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from whysgd.base.errors import UserError
from whysgd.base.record import Frozen
from whysgd.claims.kinds import CurveChoice, Elsewhere, Order, Statistic, curves_of
from whysgd.config.files import CONFIG_DIR, read_yaml, validated
from whysgd.spec.paper import load_paper_values
from whysgd.studies.figures import FigureSpec
from whysgd.studies.implicit_regularization import EXTRA_FIGURES, FIGURES

CLAIMS_FILE = CONFIG_DIR / "claims.yaml"
_FIGURES = {figure.name: figure for figure in (*FIGURES, *EXTRA_FIGURES)}


class Region(Frozen):
    """Values of a statistic for which the claim is true; ends that are not given are infinite."""

    above: float | None = Field(None, description="values must be larger than this")
    at_least: float | None = Field(None, description="values must not be smaller than this")
    below: float | None = Field(None, description="values must be smaller than this")
    at_most: float | None = Field(None, description="values must not be larger than this")

    @model_validator(mode="after")
    def _one_of_each(self) -> "Region":
        for pair in (("above", "at_least"), ("below", "at_most")):
            if all(getattr(self, end) is not None for end in pair):
                raise ValueError(f"give `{pair[0]}` or `{pair[1]}`, not both")
        if not self.model_fields_set:
            raise ValueError("give at least one of above, at_least, below, at_most")
        lower = self.at_least if self.above is None else self.above
        upper = self.at_most if self.below is None else self.below
        if lower is not None and upper is not None and lower >= upper:
            raise ValueError(f"no value lies between {lower:g} and {upper:g}")
        return self

    def contains(self, value: float) -> bool:
        """Whether the claim is true of a value."""
        return not (self.is_under(value) or self.is_over(value))

    def is_under(self, value: float) -> bool:
        """Whether a value is too small."""
        too_small = self.above is not None and value <= self.above
        return too_small or (self.at_least is not None and value < self.at_least)

    def is_over(self, value: float) -> bool:
        """Whether a value is too large."""
        too_large = self.below is not None and value >= self.below
        return too_large or (self.at_most is not None and value > self.at_most)


class Claim(Frozen):
    """A claim of the paper and what decides it."""

    statement: str = Field(min_length=1, description="what the paper says, in our words")
    where: str = Field(min_length=1, description="where the paper says it")
    figure: str | None = Field(None, description="whose runs are read, such as figure1")
    statistic: Annotated[Statistic, Field(discriminator="kind")]
    holds: Region = Field(description="where the statistic must lie for the claim to be true")
    because: str = Field(min_length=1, description="why the statistic and its threshold are these")
    paper: tuple[str, ...] = Field((), description="keys of paper.yaml that are shown beside it")

    @model_validator(mode="after")
    def _reads_what_there_is(self) -> "Claim":
        if isinstance(self.statistic, Order | Elsewhere):
            if self.figure is not None:
                raise ValueError(f"figure: {self.statistic.kind} reads no figure")
            return self
        if self.figure not in _FIGURES:
            raise ValueError(f"figure: unknown {self.figure!r}; known: {', '.join(_FIGURES)}")
        for key, curve in curves_of(self.statistic).items():
            _check_curve(f"statistic.{key}", curve, _FIGURES[self.figure], key in self._families())
        return self

    def _families(self) -> tuple[str, ...]:
        """Keys of the statistic that name several curves at once."""
        return ("of",) if self.statistic.reads_family else ()


class Bootstrap(Frozen):
    """How intervals are made."""

    confidence: float = Field(gt=0.5, lt=1, description="of the intervals")
    resamples: int = Field(ge=100, description="resamples of the seeds")
    least_seeds: int = Field(ge=2, description="with fewer seeds every claim is undecided")


class Claims(Frozen):
    """The file `config/claims.yaml`."""

    bootstrap: Bootstrap
    claims: dict[str, Claim] = Field(min_length=1)

    @property
    def figures(self) -> tuple[str, ...]:
        """Figures whose runs are read, each once."""
        return tuple(dict.fromkeys(c.figure for c in self.claims.values() if c.figure is not None))


def load_claims(path: str | Path = CLAIMS_FILE) -> Claims:
    """Reads the claims.

    Raises:
        UserError: a key is unknown or missing, or names a figure, a curve, a metric, a statistic
            or a value of paper.yaml that there is not.
    """
    claims = validated(Claims, read_yaml(Path(path)), str(path))
    known = load_paper_values()
    for name, claim in claims.claims.items():
        for key in claim.paper:
            if key not in known:
                raise UserError(f"{path}: claims.{name}.paper: no {key!r} in paper.yaml")
    return claims


def _check_curve(where: str, choice: CurveChoice, figure: FigureSpec, family: bool) -> None:
    told_by = {(reading.panel, reading.curve): reading.by for reading in figure.readings}
    if (choice.panel, choice.curve) not in told_by:
        known = ", ".join(f"{panel}: {curve}" for panel, curve in sorted(told_by))
        raise ValueError(
            f"{where}: {figure.name} has no {choice.panel}: {choice.curve}; known: {known}"
        )
    several = bool(told_by[choice.panel, choice.curve])
    if several and not family and choice.pick is None:
        raise ValueError(f"{where}.pick: {choice.curve!r} is several curves; pick one")
    if choice.pick is not None and (family or not several):
        raise ValueError(f"{where}.pick: there is nothing to pick from")
    if family and not several:
        raise ValueError(f"{where}.curve: {choice.curve!r} is a single curve")
