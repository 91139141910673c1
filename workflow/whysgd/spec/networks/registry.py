"""The families of networks, and the names by which the configuration knows them.

The configuration knows what the trainer can train: it classifies images and evaluates networks that
are not normalized. VGG, the residual networks, autoencoders and language models are there for those
who build networks themselves (`whysgd.models.build_network`), as is batch normalization.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from whysgd.spec.networks.architecture import Architecture
from whysgd.spec.networks.autoencoder import AutoencoderShape
from whysgd.spec.networks.lstm import LstmShape
from whysgd.spec.networks.perceptron import PerceptronShape
from whysgd.spec.networks.resnet import BottleneckResNetShape, ResNetShape
from whysgd.spec.networks.vgg import VggShape
from whysgd.spec.networks.wide_resnet import WideResNetShape

# Named one by one, since what a training job depends on is read off import statements.
TRAINED: tuple[type[Architecture], ...] = (PerceptronShape, WideResNetShape)
FAMILIES: tuple[type[Architecture], ...] = (
    *TRAINED,
    VggShape,
    ResNetShape,
    BottleneckResNetShape,
    AutoencoderShape,
    LstmShape,
)


def parse_architecture(name: str, families: Sequence[type[Architecture]] = TRAINED) -> Architecture:
    """The architecture that a model's name stands for.

    Raises:
        ValueError: the name is not of a known form.
    """
    for family in families:
        if architecture := family.parse(name):
            return architecture
    forms = ", ".join(family.form for family in families)
    raise ValueError(f"unknown model {name!r}; known forms: {forms}")


def _known_model(name: str) -> str:
    parse_architecture(name)
    return name


ModelName = Annotated[str, AfterValidator(_known_model)]
