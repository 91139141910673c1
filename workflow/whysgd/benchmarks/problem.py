"""The numbers that all contestants start from, in files that each of them maps into memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whysgd.data.prepare import prepared
from whysgd.data.standardize import standardized
from whysgd.spec.ensemble import Member
from whysgd.spec.program import Program

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Problem:
    """A program, its members and the arrays that training starts from.

    All is float32 and int32. Arrays are read from `folder` when asked for, and only the parts
    that are used take memory.
    """

    program: Program
    members: tuple[Member, ...]
    parameter_names: tuple[str, ...]
    folder: Path

    @property
    def images(self) -> Array:
        """Standardized training images, (N, height, width, channels)."""
        return self._array("images")

    @property
    def labels(self) -> NDArray[np.int32]:
        """Their classes, (N,)."""
        return self._array("labels")

    def order(self, members: Sequence[int]) -> NDArray[np.int32]:
        """Examples of each minibatch of the chosen members, (T, R, B)."""
        of_seed = self._array("order")  # (T, S, B)
        return of_seed[:, [self.members[index].seed for index in members]]

    def initial_parameters(self, members: Sequence[int]) -> list[Array]:
        """Of the chosen members, arrays (R, *shape) in the order of `parameter_names`."""
        return [
            self._array(f"parameter{number}")[self._rows(members)]
            for number in range(len(self.parameter_names))
        ]

    def learning_rates(self, members: Sequence[int]) -> Array:
        """Of the chosen members, (R,)."""
        return np.array([self.members[m].learning_rate for m in members], np.float32)

    def reg_coefficients(self, members: Sequence[int]) -> Array:
        """Of the chosen members, (R,)."""
        return np.array([self.members[m].reg_coefficient for m in members], np.float32)

    def _rows(self, members: Sequence[int]) -> list[int]:
        # Members that differ in their rates alone start from the same parameters.
        return [self.members[member].seed for member in members]

    def _array(self, name: str) -> NDArray[Any]:
        array: NDArray[Any] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return array


def write_problem(
    program: Program, members: Sequence[Member], minibatches: int, folder: Path
) -> Problem:
    """Writes the arrays of a problem that may train on up to so many minibatches.

    Raises:
        ValueError: the members' seeds are not 0, 1, ..., the places where arrays are stored.
    """
    # Here, and not above: contestants read problems, and most of them need no TensorFlow.
    from whysgd.models import build_network
    from whysgd.training.inputs import BatchOrder, distinct_seeds

    seeds = distinct_seeds(members)
    if seeds != list(range(len(seeds))):
        raise ValueError(f"seeds must be 0, 1, ..., not {seeds}")
    dataset = prepared(program.dataset)
    network = build_network(
        program.model,
        input_shape=program.dataset.image_shape,
        num_classes=program.dataset.num_classes,
        replicas=len(seeds),
        base_width=program.base_width,
    )
    images = standardized(dataset, program.preprocessing)
    np.save(folder / "images.npy", images[: len(dataset.y_train)])
    np.save(folder / "labels.npy", dataset.y_train)
    np.save(folder / "order.npy", BatchOrder(program, seeds).minibatches(0, minibatches))
    for number, values in enumerate(network.initial_parameters(seeds)):
        np.save(folder / f"parameter{number}.npy", values)
    return Problem(program, tuple(members), network.parameter_names, folder)
