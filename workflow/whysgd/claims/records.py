"""What is claimed, and the rule for its verdict.

The claims of a study are the `claims.yaml` in its folder; how all are judged is in
`config/claims.yaml`. No study is known here: figures and values of papers are handed in.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from whysgd.base.errors import UserError
from whysgd.base.record import Frozen
from whysgd.claims.kinds import CurveName, Elsewhere, Order, Statistic, curves_of
from whysgd.config.files import CONFIG_DIR, read_yaml, validated
from whysgd.runs.figures import FigureSpec
from whysgd.spec.paper import PaperValue, load_paper_values

JUDGING_FILE = CONFIG_DIR / "claims.yaml"
_SWEPT = re.compile(r"\{(batch_size|updates_per_batch)\}")


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
    paper: tuple[str, ...] = Field(
        (), description="keys of the study's paper.yaml that are shown beside it"
    )

    @model_validator(mode="after")
    def _reads_runs_or_none(self) -> "Claim":
        if isinstance(self.statistic, Order | Elsewhere):
            if self.figure is not None:
                raise ValueError(f"figure: {self.statistic.kind} reads no figure")
        elif self.figure is None:
            raise ValueError(f"figure: {self.statistic.kind} reads the runs of a figure; name it")
        return self


class Bootstrap(Frozen):
    """How intervals are made."""

    confidence: float = Field(gt=0.5, lt=1, description="of the intervals")
    resamples: int = Field(ge=100, description="resamples of the seeds")
    least_seeds: int = Field(ge=2, description="with fewer seeds every claim is undecided")


class Judging(Frozen):
    """The file `config/claims.yaml`: how the claims of all studies are judged."""

    bootstrap: Bootstrap = Field(description="how intervals are made")

    @model_validator(mode="before")
    @classmethod
    def _claims_have_moved(cls, content: Any) -> Any:
        if isinstance(content, Mapping) and "claims" in content:
            raise ValueError("`claims` stand in workflow/whysgd/studies/NAME/claims.yaml now")
        return content


class StudyClaims(Frozen):
    """The file `claims.yaml` of a study."""

    claims: dict[str, Claim] = Field(min_length=1, description="by names that no other claim has")


class Claims(Frozen):
    """Claims of one or several studies, ready to be judged.

    Attributes:
        bootstrap: how intervals are made.
        claims: by name, in the order of the studies and of their files.
        paper: the values of its paper that each claim shows, by claim and key.
    """

    bootstrap: Bootstrap
    claims: dict[str, Claim]
    paper: dict[str, dict[str, PaperValue]] = {}

    @property
    def figures(self) -> tuple[str, ...]:
        """Figures whose runs are read, each once."""
        return tuple(dict.fromkeys(c.figure for c in self.claims.values() if c.figure is not None))


def load_claims(
    files: Iterable[str | Path],
    paper_files: Iterable[str | Path],
    figures: Mapping[str, FigureSpec] | None = None,
    judging: str | Path = JUDGING_FILE,
) -> Claims:
    """Reads the claims of some studies.

    Args:
        files: `claims.yaml` of each study.
        paper_files: the `paper.yaml` that lie beside some of them.
        figures: by name, to check what claims read; None where that has been done.
        judging: the file that says how they are judged.

    Raises:
        UserError: a key is unknown or missing, two claims have one name, or a claim names a figure,
            a curve, a metric, a statistic or a value of its paper that there is not.
    """
    bootstrap = validated(Judging, read_yaml(Path(judging)), str(judging)).bootstrap
    values = {Path(path).parent: load_paper_values(path) for path in paper_files}
    claims: dict[str, Claim] = {}
    paper = {}
    for path in map(Path, files):
        known = values.get(path.parent, {})
        for name, claim in validated(StudyClaims, read_yaml(path), str(path)).claims.items():
            if name in claims:
                raise UserError(f"{path}: claims.{name}: another study has a claim of this name")
            for key in claim.paper:
                if key not in known:
                    raise UserError(f"{path}: claims.{name}.paper: no {key!r} in paper.yaml")
            if figures is not None:
                try:
                    check_claim(claim, figures)
                except ValueError as error:
                    raise UserError(f"{path}: claims.{name}: {error}") from error
            claims[name], paper[name] = claim, {key: known[key] for key in claim.paper}
    return Claims(bootstrap=bootstrap, claims=claims, paper=paper)


def check_claim(claim: Claim, figures: Mapping[str, FigureSpec]) -> None:
    """Refuses a claim about a figure or a curve that there is not.

    Args:
        claim: to check.
        figures: all that there are, by name.

    Raises:
        ValueError: naming the key.
    """
    if claim.figure is None:
        return
    of_runs = [name for name, figure in figures.items() if figure.curves]
    if claim.figure not in of_runs:
        raise ValueError(f"figure: unknown {claim.figure!r}; known: {', '.join(of_runs)}")
    families = ("of",) if claim.statistic.reads_family else ()
    for key, curve in curves_of(claim.statistic).items():
        _check_curve(f"statistic.{key}", curve, figures[claim.figure], key in families)


def _check_curve(where: str, curve: CurveName, figure: FigureSpec, family: bool) -> None:
    known = sorted({(curves.panel, curves.series) for curves in figure.curves})
    if (curve.panel, curve.series) not in known:
        texts = ", ".join(f"{panel}: {series}" for panel, series in known)
        raise ValueError(
            f"{where}: {figure.name} has no {curve.panel}: {curve.series}; known: {texts}"
        )
    swept = _SWEPT.search(curve.series) is not None
    if swept and not family and curve.pick is None:
        raise ValueError(f"{where}.pick: {curve.series!r} is several curves; pick one")
    if curve.pick is not None and (family or not swept):
        raise ValueError(f"{where}.pick: there is nothing to pick from")
    if family and not swept:
        raise ValueError(f"{where}.series: {curve.series!r} is a single curve")
