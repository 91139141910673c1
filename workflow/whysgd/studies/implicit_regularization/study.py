"""What the study consists of: Figures 1 to 7 of the paper, and three more."""

from whysgd.config.sections import SweepSection
from whysgd.runs.figures import FigureSpec
from whysgd.runs.readings import AtEnd, OverTraining, Position, Reading, Tuned
from whysgd.runs.scores import FINAL_TEST_ACCURACY
from whysgd.studies.study import Study


def _batch_sizes(panel: str, experiment: str, x: Position) -> AtEnd:
    """Curves of several batch sizes B."""
    return AtEnd(panel, experiment, "B", by=("batch_size",), label="B = {batch_size}", x=x)


_N, _N_LABEL = ("updates_per_batch",), "n = {updates_per_batch}"


def _steps(panel: str, experiment: str) -> AtEnd:
    """Curves of several numbers n of updates on each minibatch."""
    return AtEnd(panel, experiment, "n", by=_N, label=_N_LABEL, x="learning_rate")


def _rate(panel: str, experiment: str, curve: str = "C") -> AtEnd:
    """A curve over the learning rate."""
    return AtEnd(panel, experiment, curve, x="learning_rate")


def _coefficient(panel: str, experiment: str, curve: str = "C_mod") -> AtEnd:
    """A curve over the regularization coefficient."""
    return AtEnd(panel, experiment, curve, x="reg_coefficient")


def _figure1(prefix: str = "") -> tuple[Reading, ...]:
    small, rate, coefficient = (
        f"{prefix}{name}" for name in ("small_rate", "learning_rate", "reg_coefficient")
    )
    return (
        OverTraining("a", small, "C"),
        OverTraining("a", f"{small}_regularized", "C_mod"),
        _rate("b", rate),
        _coefficient("b", coefficient),
        AtEnd(
            "b",
            small,
            "baseline",
            label="C at learning_rate = {learning_rate}",
            x="learning_rate",
        ),
        _rate("c", rate),
        _coefficient("c", coefficient),
    )


_FIGURE3 = (
    _batch_sizes("a", "batch_size", "learning_rate/batch_size"),
    _batch_sizes("b", "batch_size_regularized", "reg_coefficient/batch_size"),
)

_FIGURES = (
    FigureSpec("figure1", "figure1", _figure1(), title="Figure 1"),
    FigureSpec(
        "figure2",
        "figure2",
        (_rate("a", "learning_rate"), _rate("b", "learning_rate_regularized", "C_mod")),
        title="Figure 2",
    ),
    FigureSpec("figure3", "figure3", _FIGURE3, title="Figure 3"),
    FigureSpec(
        "figure4",
        "figure4",
        (
            _steps("a", "n_step_epochs"),
            _steps("b", "n_step_updates"),
            Tuned("c", "n_step_budget", "n", by=_N, label=_N_LABEL, x="epochs"),
        ),
        title="Figure 4",
    ),
    FigureSpec(
        "figure5",
        "figure5",
        tuple(
            reading
            for panel in "ab"
            for reading in (_rate(panel, "learning_rate"), _coefficient(panel, "reg_coefficient"))
        ),
        title="Figure 5",
    ),
    FigureSpec(
        "figure6",
        "figure6",
        (
            _rate("a", "mlp_learning_rate"),
            _coefficient("a", "mlp_reg_coefficient"),
            _batch_sizes("b", "mlp_batch_size", "learning_rate/batch_size"),
            _batch_sizes("c", "mlp_batch_size_regularized", "reg_coefficient/batch_size"),
        ),
        title="Figure 6",
    ),
    FigureSpec(
        "figure7",
        "figure7",
        (_steps("a", "mlp_n_step_epochs"), _steps("b", "mlp_n_step_updates")),
        title="Figure 7",
    ),
)


def _halvings(experiment: str) -> AtEnd:
    """Curves of several n and of when the learning rate is halved first."""
    return AtEnd(
        "b",
        experiment,
        "n",
        by=("updates_per_batch", "schedule.start"),
        label="n = {updates_per_batch}, first after {schedule.start:%}",
        x="learning_rate",
    )


# Drawn when asked for by name: Figure 1 with the paper's own kind of network where a scale's is
# made with a smaller one; Figure 3 with the very large batches that the paper could not afford;
# what changes where the paper leaves a choice open.
_EXTRA_FIGURES = (
    FigureSpec(
        "figure1_wrn",
        "figure1",
        _figure1("wrn_"),
        title="Figure 1 with a Wide-ResNet",
        default=False,
    ),
    FigureSpec(
        "figure3_large_batch",
        "figure3",
        (*_FIGURE3, _batch_sizes("a", "large_batch", "learning_rate/batch_size")),
        title="Figure 3 with a large batch",
        default=False,
    ),
    FigureSpec(
        "ablations",
        "ablations",
        (
            _coefficient("a", "decay_beside_penalty", "beside"),
            _coefficient("a", "decay_in_penalty", "inside"),
            _halvings("halving_from_half"),
            _halvings("halving_from_later"),
            _rate("c", "learning_rate"),
            _coefficient("c", "reg_coefficient"),
            AtEnd(
                "c",
                "learning_rate",
                "C_final",
                label="C, final",
                score=FINAL_TEST_ACCURACY,
                x="learning_rate",
            ),
            AtEnd(
                "c",
                "reg_coefficient",
                "C_mod_final",
                label="C_mod, final",
                score=FINAL_TEST_ACCURACY,
                x="reg_coefficient",
            ),
        ),
        title="Choices that the paper leaves open",
        default=False,
    ),
)

STUDY = Study(
    name="implicit_regularization",
    title="Implicit regularization",
    source="Smith, Dherin, Barrett, De: On the Origin of Implicit Regularization in Stochastic "
    "Gradient Descent, ICLR 2021, arXiv:2101.12176",
    section=SweepSection,
    figures=(*_FIGURES, *_EXTRA_FIGURES),
)
