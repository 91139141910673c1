"""What a family of networks is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Activate, Activation, Normalization, Part, Shape
from whysgd.spec.networks.weights import Initialization

_DEEPEST = 10_000


def check_depth(name: str, depth: int) -> None:
    """Refuses a network that nobody would wait for.

    Raises:
        ValueError: it has too many layers; beginning with the model's name.
    """
    if depth > _DEEPEST:
        raise ValueError(
            f"model {name[:40]}: {depth} layers; more than {_DEEPEST} take longer to compile than "
            "anybody waits"
        )


@dataclass(frozen=True)
class NetworkSettings:
    """What a network's name leaves open."""

    input_shape: Shape  # of one example: (height, width, channels) of images, (tokens,) of text
    num_classes: int  # or the size of the vocabulary
    base_width: int = 16  # channels of a Wide-ResNet's stem; its `width` multiplies them
    activation: Activation | None = None  # of hidden layers; None: the family's own
    ghost_batch_size: int | None = None  # of batch normalization; None: there is none
    initialization: Initialization = "he"

    def activate(self, own: Activation = "relu") -> Activate:
        """The activation, where a family's own is `own`."""
        return Activate(self.activation or own)

    def normalize(self, name: str) -> tuple[Part, ...]:
        """A normalization, or nothing where there is none."""
        if self.ghost_batch_size is None:
            return ()
        return (Normalization(name, self.ghost_batch_size),)

    def blueprint(self, *parts: Part) -> Blueprint:
        """A network of parts that starts as the settings say."""
        return Blueprint(self.input_shape, parts, self.initialization)


class Architecture(ABC):
    """What the name of one network says. A subclass is a family, named in `registry`."""

    form: ClassVar[str]  # of the family's names, for people
    has_base_width: ClassVar[bool] = False  # whether `base_width` means anything to it

    @classmethod
    @abstractmethod
    def parse(cls, name: str) -> Self | None:
        """The architecture of that name; None where it is not the name of one of this family."""

    @abstractmethod
    def blueprint(self, settings: NetworkSettings) -> Blueprint:
        """The network for some data.

        Raises:
            ValueError: the architecture does not exist under these settings.
        """
