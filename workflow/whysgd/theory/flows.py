"""Continuous flows integrated far more exactly than the effects that they are compared with."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from whysgd.theory.minibatches import Field, compiled

RELATIVE_TOLERANCE = 1e-13


def flow_displacements(
    field: Field,
    start: NDArray[np.float64],
    times: NDArray[np.float64],
    *,
    relative_tolerance: float = RELATIVE_TOLERANCE,
) -> NDArray[np.float64]:
    """How far R flows from one point get, each in its own time.

    The R flows are one system over a common interval [0, 1], solved by SciPy's DOP853 (order 8).
    What is integrated is the displacement, so tolerances are relative to that and not to the point.

    Args:
        field: points (R, P) -> velocities (R, P), each replica its own flow.
        start: (P,).
        times: (R,), in units of flow time: an epoch of SGD is m * learning_rate.
        relative_tolerance: of each step, relative to the replica's displacement.

    Returns:
        (R, P).

    Raises:
        ArithmeticError: the solver gave up, or the flow left the finite numbers.
    """
    shape = (len(times), len(start))
    compiled_field = compiled(field)

    def velocities(_: float, displacements: NDArray[np.float64]) -> NDArray[np.float64]:
        points = tf.constant(start + displacements.reshape(shape))
        result: NDArray[np.float64] = (times[:, None] * compiled_field(points).numpy()).ravel()
        return result

    initial = velocities(0.0, np.zeros(shape).ravel()).reshape(shape)
    typical = np.sqrt(np.mean(np.square(initial), 1, keepdims=True))
    solution = solve_ivp(
        velocities,
        (0.0, 1.0),
        np.zeros(shape).ravel(),
        method="DOP853",
        t_eval=[1.0],
        rtol=relative_tolerance,
        atol=np.broadcast_to(relative_tolerance * typical, shape).ravel(),
    )
    if not solution.success or not np.isfinite(solution.y).all():
        reason = "it left the finite numbers" if solution.success else solution.message.rstrip(".")
        raise ArithmeticError(
            f"the flow could not be integrated up to time {times.max():.3g}: {reason}"
        )
    end: NDArray[np.float64] = solution.y[:, -1].reshape(shape)
    return end


def kinked_flow_displacements(
    field: Field, start: NDArray[np.float64], times: NDArray[np.float64], *, steps: int = 512
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for a field that jumps at kinks, where no adaptive solver gets on.

    Args:
        field: points (R, P) -> velocities (R, P), each replica its own flow.
        start: (P,).
        times: (R,).
        steps: of the classical Runge-Kutta method, all equal; even.

    Returns:
        Displacements (R, P), and as their uncertainty (R,) how far half as many steps end from
        them: a step across a kink is of first order only.
    """
    start_points = tf.constant(np.tile(start, (len(times), 1)))
    run = compiled(_runge_kutta)

    def displaced(count: int) -> NDArray[np.float64]:
        end = run(field, start_points, tf.constant(times / count), tf.constant(count))
        result: NDArray[np.float64] = end.numpy()
        return result

    fine, coarse = displaced(steps), displaced(steps // 2)
    return fine, np.linalg.norm(fine - coarse, axis=1)


def _runge_kutta(field: Field, start: tf.Tensor, step: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    step = step[:, tf.newaxis]

    def advance(moved: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
        first = field(start + moved)
        second = field(start + moved + step / 2 * first)
        third = field(start + moved + step / 2 * second)
        fourth = field(start + moved + step * third)
        return moved + step / 6 * (first + 2 * second + 2 * third + fourth)

    return tf.foldl(advance, tf.range(count), initializer=tf.zeros_like(start))
