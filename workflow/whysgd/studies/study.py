"""The record of a study: what it consists of, and what of that a scale has.

Records name the modules that draw and compute and never import them, since the Snakefile reads
this at the start of every job.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import RootModel

from whysgd.base.record import fingerprint, identity
from whysgd.config.scales import ScaleSettings
from whysgd.config.sections import Section
from whysgd.config.sweeps import Sweeps
from whysgd.runs.figures import FigureSpec

STUDIES_DIR = Path(__file__).resolve().parent


@dataclass(frozen=True)
class TableSpec:
    """A table that is computed without runs.

    Attributes:
        name: of its file; no other table of any study has it.
        module: which computes it, in the folder `tables` of its study, by `table(given)`.
    """

    name: str
    module: str


@dataclass(frozen=True)
class Computation:
    """Tables that one job computes.

    Attributes:
        name: of the job.
        tables: what it computes.
        reads: names of tables of other computations that it starts from.
        dataset: whether it reads the data set that the study's section of the scale names. Such a
            job starts TensorFlow.
    """

    name: str
    tables: tuple[TableSpec, ...]
    reads: tuple[str, ...] = ()
    dataset: bool = True


@dataclass(frozen=True)
class Study:
    """A source, and all that is made to reproduce or to check it.

    Attributes:
        name: of its folder in `whysgd.studies`, of its target, and of its computations' logs.
        title: of its part of the report.
        source: who published what where.
        section: the record of its section of a scale.
        figures: in the order in which they are listed everywhere.
        computations: jobs whose tables need no runs.
        slopes: name of its table of fitted orders of accuracy, which claims of kind `order` read;
            None for a study that has none.
    """

    name: str
    title: str
    source: str
    section: type[Section]
    figures: tuple[FigureSpec, ...]
    computations: tuple[Computation, ...] = ()
    slopes: str | None = None

    @property
    def folder(self) -> Path:
        """Where all that belongs to this study lies."""
        return STUDIES_DIR / self.name

    @property
    def claims_file(self) -> Path:
        """The claims of its source."""
        return self.folder / "claims.yaml"

    @property
    def paper_files(self) -> list[Path]:
        """The values of its source: one file, or none where no value is used."""
        path = self.folder / "paper.yaml"
        return [path] if path.is_file() else []

    def caption(self, name: str) -> Path:
        """The caption of a figure's module, or of its computed tables, which is called "table"."""
        return self.folder / "captions" / f"{name}.rst"

    @property
    def module(self) -> str:
        """Dotted name of the module that holds this record: no import statement names it."""
        return f"whysgd.studies.{self.name}.study"

    def figure_module(self, figure: FigureSpec) -> str:
        """Dotted name of the module that draws a figure."""
        return f"whysgd.studies.{self.name}.figures.{figure.module}"

    def table_module(self, table: TableSpec) -> str:
        """Dotted name of the module that computes a table."""
        return f"whysgd.studies.{self.name}.tables.{table.module}"

    def settings_at(self, scale: ScaleSettings) -> Section | None:
        """What a scale says of this study; None where it says nothing, and has none of it."""
        return scale.sections.get(self.name)

    def sweeps_at(self, scale: ScaleSettings) -> Sweeps | None:
        """The sweeps of this study at a scale; None where it trains nothing there."""
        return scale.sweeps.get(self.name)

    def dataset_at(self, scale: ScaleSettings) -> str:
        """Key of the data set that its computations read at a scale that has them."""
        name: str = getattr(self.settings_at(scale), "dataset")  # noqa: B009
        return name

    def computations_at(self, scale: ScaleSettings) -> tuple[Computation, ...]:
        """What is computed at a scale."""
        return () if self.settings_at(scale) is None else self.computations

    def figures_at(self, scale: ScaleSettings) -> tuple[FigureSpec, ...]:
        """The figures for which a scale has all that they read."""
        if self.settings_at(scale) is None:
            return ()
        sweeps = self.sweeps_at(scale)
        computed = {table.name for job in self.computations for table in job.tables}
        return tuple(
            figure
            for figure in self.figures
            if computed.issuperset(figure.tables)
            and (not figure.readings or (sweeps is not None and figure.defined_at(sweeps)))
        )

    def trained_at(self, scale: ScaleSettings, judged: Collection[str]) -> list[FigureSpec]:
        """The figures of a scale whose runs the default target trains.

        Args:
            scale: with all that they read, or with a part of it.
            judged: names of those that a claim reads; they are trained, drawn or not.
        """
        return [
            figure
            for figure in self.figures_at(scale)
            if figure.readings and (figure.default or figure.name in judged)
        ]

    def configuration(self, figure: FigureSpec, scale: ScaleSettings) -> str:
        """Hash of all settings that a figure depends on, at a scale that has what it reads."""
        if figure.readings:
            return figure.configuration(scale.sweeps[self.name])
        settings = self.settings_at(scale)
        assert settings is not None
        parts: dict[str, Any] = {self.name: identity(settings)}
        if any(job.dataset for job in self.computations):
            parts["dataset"] = identity(scale.all_datasets[self.dataset_at(scale)])
        return fingerprint(RootModel[dict[str, Any]](parts))
