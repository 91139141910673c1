"""Problems that the equations are checked on, and the largest curvature of each."""

import itertools
import math
from dataclasses import KW_ONLY, dataclass, replace
from functools import cache

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from whysgd.base.errors import UserError
from whysgd.base.randomness import Purpose, generator
from whysgd.models import Network, build_network
from whysgd.spec.networks import Activation
from whysgd.theory.flows import RELATIVE_TOLERANCE, flow_displacements
from whysgd.theory.minibatches import Field, Minibatches, compiled, hessian_product
from whysgd.theory.sequences import sgd_displacements
from whysgd.training.objective import minibatch_loss

_WARM_UP_EPOCHS = 8
_ROUNDING = 1e-12  # of learning_rate * sharpness, which may come out above 2 where it is 2


@dataclass(frozen=True)
class Problem:
    """Minibatch losses and the point where an epoch starts.

    Attributes:
        name: as tables and figures have it.
        minibatches: the losses.
        start: (P,).
        sharpness: largest absolute eigenvalue of any minibatch's Hessian at the start.
    """

    name: str
    minibatches: Minibatches
    start: NDArray[np.float64]
    sharpness: float

    def first(self, count: int) -> "Problem":
        """The same with the first few minibatches only; the sharpness stays that of them all."""
        return replace(self, minibatches=self.minibatches.first(count))

    def learning_rates(
        self, scaled_steps: tuple[float, ...], updates: int | None = None
    ) -> NDArray[np.float64]:
        """Learning rates at which an epoch moves by given multiples of the curvature's scale.

        Args:
            scaled_steps: updates * learning_rate * sharpness.
            updates: in an epoch; one for each minibatch if not given.

        Raises:
            UserError: a step beyond stability, |1 - learning_rate * sharpness| > 1.
        """
        updates = self.minibatches.count if updates is None else updates
        rates = np.array(scaled_steps) / (updates * self.sharpness)
        require_stable(self, float(rates.max()))
        return rates

    def flow_displacements(
        self,
        field: Field,
        times: NDArray[np.float64],
        *,
        relative_tolerance: float = RELATIVE_TOLERANCE,
    ) -> NDArray[np.float64]:
        """How far R flows get from the start, (R, P); as `whysgd.theory.flows` has it.

        Raises:
            UserError: a flow could not be integrated so far; names the problem.
        """
        try:
            return flow_displacements(
                field, self.start, times, relative_tolerance=relative_tolerance
            )
        except ArithmeticError as error:
            raise UserError(
                f"theory: {self.name}: {error}; take smaller steps or another seed"
            ) from error


def require_stable(problem: Problem, learning_rate: float) -> None:
    """Refuses a learning rate at which updates grow along the direction of largest curvature.

    Raises:
        UserError: naming the problem, the learning rate and the largest stable one.
    """
    if abs(1 - learning_rate * problem.sharpness) > 1 + _ROUNDING:
        raise UserError(
            f"theory: {problem.name}: learning rate {learning_rate:.3g} is beyond stability; at "
            f"largest curvature {problem.sharpness:.3g} at most {2 / problem.sharpness:.3g}"
        )


def make_problem(name: str, minibatches: Minibatches, start: NDArray[np.float64]) -> Problem:
    """A problem with its sharpness measured."""
    return Problem(name, minibatches, start, largest_curvature(minibatches, start))


def random_cubic(num_batches: int, num_parameters: int, seed: int) -> Problem:
    """Minibatch losses that are random cubic polynomials: b w + A[w, w] / 2 + T[w, w, w] / 6.

    Entries are standard normal before symmetrization; the quadratic parts are made positive
    definite on average by adding twice the identity. The start is random.
    """
    random = generator(seed, Purpose.THEORY_PROBLEMS, num_batches, num_parameters)
    shape = (num_batches, num_parameters)
    linear = random.standard_normal(shape)
    quadratic = random.standard_normal((*shape, num_parameters))
    quadratic = (quadratic + quadratic.transpose(0, 2, 1)) / 2 + 2 * np.eye(num_parameters)
    entries = random.standard_normal((*shape, num_parameters, num_parameters))
    swaps = list(itertools.permutations((1, 2, 3)))
    cubic = np.mean([entries.transpose(0, *swap) for swap in swaps], 0)
    start = random.standard_normal(num_parameters) / math.sqrt(num_parameters)
    return make_problem(
        f"cubic, m = {num_batches}", polynomial_minibatches(linear, quadratic, cubic), start
    )


def polynomial_minibatches(
    linear: NDArray[np.float64], quadratic: NDArray[np.float64], cubic: NDArray[np.float64]
) -> Minibatches:
    """Losses b_k w + A_k[w, w] / 2 + T_k[w, w, w] / 6.

    Args:
        linear: b, (m, P).
        quadratic: A, (m, P, P), symmetric.
        cubic: T, (m, P, P, P), symmetric.
    """

    def losses(points: tf.Tensor, minibatches: tf.Tensor) -> tf.Tensor:
        b, a, t = (tf.gather(tf.constant(values), minibatches) for values in coefficients)
        t = tf.einsum("rijk,rk->rij", t, points) / 6 + a / 2
        return tf.einsum("ri,ri->r", tf.linalg.matvec(t, points) + b, points)

    coefficients = (linear, quadratic, cubic)
    return Minibatches(len(linear), losses)


@dataclass(frozen=True)
class NetworkShape:
    """A network of this package and the images that it sees."""

    model: str
    activation: Activation = "tanh"
    base_width: int = 2
    _: KW_ONLY
    num_classes: int

    def build(self, replicas: int, input_shape: tuple[int, int, int]) -> Network:
        """R replicas in float64."""
        return build_network(
            self.model,
            input_shape=input_shape,
            num_classes=self.num_classes,
            replicas=replicas,
            base_width=self.base_width,
            activation=self.activation,
            dtype="float64",
        )


def network_minibatches(
    shape: NetworkShape, images: NDArray[np.float64], labels: NDArray[np.int32]
) -> Minibatches:
    """The losses that training minimizes, of a network on fixed minibatches.

    Args:
        shape: the network.
        images: (m, B, height, width, channels).
        labels: (m, B).

    Raises:
        ValueError: a label is none of the network's classes; its loss would have no target.
    """
    if labels.min() < 0 or labels.max() >= shape.num_classes:
        raise ValueError(f"labels {labels.min()} to {labels.max()} for {shape.num_classes} classes")
    build = cache(shape.build)

    def losses(points: tf.Tensor, minibatches: tf.Tensor) -> tf.Tensor:
        network = build(points.shape[0], images.shape[2:])
        batch = tf.gather(tf.constant(images), minibatches)
        targets = tf.gather(tf.constant(labels), minibatches)
        return minibatch_loss(network.logits, batch, targets)(unflatten(network, points))

    return Minibatches(len(images), losses, smooth=shape.activation != "relu")


def unflatten(network: Network, points: tf.Tensor) -> list[tf.Tensor]:
    """Points (R, P) as a network's parameters, each (R, *shape)."""
    sizes = [math.prod(shape) for shape in network.parameter_shapes]
    parts = tf.split(points, sizes, axis=1)
    return [
        tf.reshape(part, (points.shape[0], *shape))
        for part, shape in zip(parts, network.parameter_shapes, strict=True)
    ]


def initial_point(
    shape: NetworkShape, input_shape: tuple[int, int, int], seed: int
) -> NDArray[np.float64]:
    """Initial parameters of a network, as training draws them, in one vector (P,)."""
    parameters = shape.build(1, input_shape).initial_parameters([seed])
    return np.concatenate([values.ravel() for values in parameters])


def digits_problem(
    name: str,
    shape: NetworkShape,
    images: NDArray[np.float64],
    labels: NDArray[np.int32],
    seed: int,
) -> Problem:
    """A network on minibatches of digits, after a few epochs of training.

    The start of training is special (all biases and SkipInit's factors are 0), so the network is
    first trained for a few epochs in one order, at a quarter of the inverse of its sharpness.
    """
    minibatches = network_minibatches(shape, images, labels)
    start = initial_point(shape, images.shape[2:], seed)
    order = np.tile(np.arange(minibatches.count, dtype=np.int32), _WARM_UP_EPOCHS)
    rate = 0.25 / largest_curvature(minibatches, start)
    moved = sgd_displacements(minibatches, start, order[np.newaxis], np.array([rate]))
    return make_problem(name, minibatches, start + moved[0, 0])


def largest_curvature(minibatches: Minibatches, point: NDArray[np.float64]) -> float:
    """Largest absolute eigenvalue of any minibatch's Hessian at a point (P,), by Lanczos."""
    here = tf.constant(point[np.newaxis])

    def hessian_times(vector: tf.Tensor, minibatch: tf.Tensor) -> tf.Tensor:
        return hessian_product(
            lambda points: minibatches.gradients(points, minibatch), here, vector[tf.newaxis]
        )[0]

    product = compiled(hessian_times)

    # A start of all ones would be lost: adding one number to all logits changes no loss.
    first_guess = generator(0, Purpose.THEORY_PROBLEMS).standard_normal(len(point))

    def largest(number: int) -> float:
        minibatch = tf.constant([number])
        operator = LinearOperator(
            (len(point), len(point)),
            matvec=lambda v: product(tf.constant(v.ravel()), minibatch).numpy(),
            dtype=np.float64,
        )
        values = eigsh(
            operator, k=1, which="LM", v0=first_guess, tol=1e-6, return_eigenvectors=False
        )
        return float(abs(values[0]))

    return max(largest(number) for number in range(minibatches.count))
