"""All families of networks that `whysgd.models.build_network` makes.

The configuration knows fewer (`whysgd.spec.networks.registry`), as the trainer cannot train all:
VGG and the residual networks are published with batch normalization, whose moments it does not
take over the training set yet; autoencoders and language models are no classifiers.
"""

from whysgd.spec.networks.architecture import Architecture
from whysgd.spec.networks.autoencoder import AutoencoderShape
from whysgd.spec.networks.lstm import LstmShape
from whysgd.spec.networks.registry import TRAINED
from whysgd.spec.networks.resnet import BottleneckResNetShape, ResNetShape
from whysgd.spec.networks.vgg import VggShape

FAMILIES: tuple[type[Architecture], ...] = (
    *TRAINED,
    VggShape,
    ResNetShape,
    BottleneckResNetShape,
    AutoencoderShape,
    LstmShape,
)
