"""What the study consists of: the equations of the paper, checked numerically."""

from whysgd.runs.figures import FigureSpec
from whysgd.studies.study import Computation, Study, TableSpec

_SLOPES = "theory_slopes"
# Tables of errors over learning rates, whose slopes are fitted.
_CONVOLUTION = TableSpec("theory_convolution", "convolution")
_MAIN_RESULT = TableSpec("theory_main_result", "main_result")
_EXPANSIONS = TableSpec("theory_expansions", "expansions")
_N_STEP = TableSpec("theory_n_step", "n_step")

# A job starts TensorFlow for 5 seconds, so short tables share one.
_COMPUTATIONS = (
    Computation("convolution", (_CONVOLUTION,)),
    Computation("main_result", (_MAIN_RESULT,)),
    Computation("expansions", (_EXPANSIONS, _N_STEP, TableSpec("theory_exact", "exact"))),
    Computation(
        "reach",
        (
            TableSpec("theory_validity", "validity"),
            TableSpec("theory_gradient_norms", "gradient_norms"),
            TableSpec("theory_planar", "planar"),
        ),
    ),
    Computation(
        _SLOPES,
        (TableSpec(_SLOPES, "slopes"),),
        reads=tuple(table.name for table in (_CONVOLUTION, _MAIN_RESULT, _EXPANSIONS, _N_STEP)),
        dataset=False,
    ),
)

_READS = {
    "main_result": ("theory_main_result", "theory_convolution", _SLOPES),
    "n_step": ("theory_n_step", _SLOPES),
    "expansions": ("theory_expansions", "theory_exact", _SLOPES),
    "second_epoch": ("theory_expansions", _SLOPES),
    "gradient_norms": ("theory_gradient_norms",),
    "sampling": ("theory_expansions", _SLOPES),
    "validity": ("theory_validity",),
    "flows": ("theory_planar",),
    "minima": ("theory_planar",),
}

STUDY = Study(
    name="theory",
    title="Theory",
    source="the equations of Smith, Dherin, Barrett, De 2021, arXiv:2101.12176",
    figures=tuple(
        FigureSpec(f"theory_{module}", module, tables=tables) for module, tables in _READS.items()
    ),
    computations=_COMPUTATIONS,
    slopes=_SLOPES,
    section="theory",
)
