"""The equations of Smith et al. 2021 (arXiv:2101.12176), checked numerically."""

from dataclasses import dataclass

from whysgd.base.record import Frozen, fingerprint
from whysgd.config.settings import ScaleSettings
from whysgd.spec.datasets import DatasetSpec
from whysgd.theory.settings import TheorySettings

SLOPES = "theory_slopes"


@dataclass(frozen=True)
class TheoryTable:
    """A table, computed by the module of `whysgd.theory.tables` with its name.

    Attributes:
        name: of the file.
        errors: whether it holds errors over learning rates, whose slopes are fitted.
    """

    name: str
    errors: bool = True

    @property
    def module(self) -> str:
        """Has a function `table(inputs)`."""
        return self.name.removeprefix("theory_")


@dataclass(frozen=True)
class TheoryJob:
    """Tables that one job computes."""

    name: str
    tables: tuple[TheoryTable, ...]


@dataclass(frozen=True)
class TheoryFigure:
    """A figure: the module of `whysgd.figures` that draws it and the tables that it reads."""

    name: str
    tables: tuple[str, ...]

    @property
    def module(self) -> str:
        """Modules are called as their figures."""
        return self.name


# A job starts TensorFlow for 5 seconds, so short tables share one.
JOBS = (
    TheoryJob("convolution", (TheoryTable("theory_convolution"),)),
    TheoryJob("main_result", (TheoryTable("theory_main_result"),)),
    TheoryJob(
        "expansions",
        (
            TheoryTable("theory_expansions"),
            TheoryTable("theory_n_step"),
            TheoryTable("theory_exact", errors=False),
        ),
    ),
    TheoryJob(
        "reach",
        (
            TheoryTable("theory_validity", errors=False),
            TheoryTable("theory_gradient_norms", errors=False),
            TheoryTable("theory_planar", errors=False),
        ),
    ),
)

FIGURES = (
    TheoryFigure("theory_main_result", ("theory_main_result", "theory_convolution", SLOPES)),
    TheoryFigure("theory_n_step", ("theory_n_step", SLOPES)),
    TheoryFigure("theory_expansions", ("theory_expansions", "theory_exact", SLOPES)),
    TheoryFigure("theory_second_epoch", ("theory_expansions", SLOPES)),
    TheoryFigure("theory_gradient_norms", ("theory_gradient_norms",)),
    TheoryFigure("theory_sampling", ("theory_expansions", SLOPES)),
    TheoryFigure("theory_validity", ("theory_validity",)),
    TheoryFigure("theory_flows", ("theory_planar",)),
    TheoryFigure("theory_minima", ("theory_planar",)),
)


class _Configuration(Frozen):
    theory: TheorySettings
    dataset: DatasetSpec


def theory_configuration(scale: ScaleSettings) -> str:
    """Hash of all settings that the figures of this study depend on; the scale has the study."""
    assert scale.theory is not None
    dataset = scale.datasets[scale.theory.dataset]
    return fingerprint(_Configuration(theory=scale.theory, dataset=dataset))
