"""The equations of Smith et al. 2021 (arXiv:2101.12176), checked numerically."""

from dataclasses import dataclass

SLOPES = "theory_slopes"


@dataclass(frozen=True)
class TheoryTable:
    """A table and the module of `whysgd.theory.tables` that computes it.

    Attributes:
        name: of the file.
        module: has a function `table(inputs)`.
        errors: whether it holds errors over learning rates, whose slopes are fitted.
    """

    name: str
    module: str
    errors: bool = True


@dataclass(frozen=True)
class TheoryFigure:
    """A figure: the module of `whysgd.figures` that draws it and the tables that it reads."""

    name: str
    tables: tuple[str, ...]

    @property
    def module(self) -> str:
        """Modules are called as their figures."""
        return self.name


TABLES = (
    TheoryTable("theory_main_result", "main_result"),
    TheoryTable("theory_convolution", "convolution"),
    TheoryTable("theory_n_step", "n_step"),
    TheoryTable("theory_expansions", "expansions"),
    TheoryTable("theory_exact", "exact", errors=False),
    TheoryTable("theory_gradient_norms", "gradient_norms", errors=False),
    TheoryTable("theory_validity", "validity", errors=False),
    TheoryTable("theory_planar", "planar", errors=False),
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
