"""How many operations and bytes an update needs: what there is to be fast at.

Imports no TensorFlow.
"""

from dataclasses import dataclass

from whysgd.spec.program import Program


@dataclass(frozen=True)
class Cost:
    """What one update of one run needs; of its products alone, which are nearly all."""

    parameters: int
    plain: int  # floating-point operations
    penalty: int  # the same, of an update with the penalty
    plain_bytes: int  # of float32 parameters and gradients, read and written at least so often
    penalty_bytes: int


def update_cost(program: Program) -> Cost:
    """Operations and bytes of one update of one run.

    A layer's outputs, the gradient of its kernel and the gradient of its inputs take as many
    operations each, F: 3 F a plain update. Each is bilinear, so that differentiating a function
    of the gradients takes two more products for each of the three: 9 F with the penalty. The
    first layer's inputs need no gradient: 2 F and 4 F. Factored double backprop takes 6 F and 2 F
    (`whysgd.training.dense`), and products of the batch's size, which do not count here.

    Parameters are read forward and backward and rewritten by the update, at least 4 passes. The
    second differentiation reads parameters and gradients once more each in both directions, 8;
    factored, there are no gradients to read, 6.
    """
    works = program.blueprint.works
    first, *others = (program.batch_size * work.operations for work in works)
    forward, later = first, sum(others)
    parameters = sum(work.parameters for work in works)
    factored = program.penalty is not None and program.penalty.method == "factored"
    return Cost(
        parameters=parameters,
        plain=2 * forward + 3 * later,
        penalty=2 * forward + 6 * later if factored else 4 * forward + 9 * later,
        plain_bytes=4 * 4 * parameters,
        penalty_bytes=(6 if factored else 8) * 4 * parameters,
    )


def working_set(program: Program) -> int:
    """Numbers that one replica's update goes back to: parameters, and outputs of all layers."""
    works = program.blueprint.works
    return sum(work.parameters + program.batch_size * work.outputs for work in works)
