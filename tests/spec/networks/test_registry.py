"""Names of networks."""

import re

import pytest

from whysgd.spec.networks import PerceptronShape, WideResNetShape, parse_architecture
from whysgd.spec.networks.autoencoder import AutoencoderShape
from whysgd.spec.networks.library import FAMILIES
from whysgd.spec.networks.lstm import LstmShape
from whysgd.spec.networks.registry import TRAINED
from whysgd.spec.networks.resnet import BottleneckResNetShape, ResNetShape
from whysgd.spec.networks.vgg import VggShape


def test_the_fashion_mnist_network_has_the_papers_size():
    shape = PerceptronShape((4096, 4096, 4096))
    assert parse_architecture("mlp-4096-4096-4096") == shape
    widths = (784, *shape.widths, 10)
    pairs = zip(widths, widths[1:], strict=False)
    assert sum(a * b + b for a, b in pairs) == 36_818_954


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("linear", PerceptronShape(())),
        ("mlp-9-7", PerceptronShape((9, 7))),
        ("wrn-10-1", WideResNetShape(1, 1)),
        ("wrn-16-4", WideResNetShape(2, 4)),
        ("wrn-28-10", WideResNetShape(4, 10)),
        ("vgg-11", VggShape(11, 64)),
        ("vgg-16-8", VggShape(16, 8)),
        ("resnet-56", ResNetShape(9, 16)),
        ("resnet-8-4", ResNetShape(1, 4)),
        ("resnet-50", BottleneckResNetShape(50, 64)),
        ("resnet-152-2", BottleneckResNetShape(152, 2)),
        ("autoencoder-7-3", AutoencoderShape((7, 3))),
        ("lstm-200-200", LstmShape((200, 200))),
    ],
)
def test_a_name_is_one_familys(name, shape):
    assert [family.parse(name) for family in FAMILIES if family.parse(name)] == [shape]
    assert parse_architecture(name, FAMILIES) == shape


@pytest.mark.parametrize(
    "name",
    ["mlp", "mlp-", "mlp-0", "mlp-64-", "wrn-10", "wrn-11-1", "wrn-4-1", "wrn-10-0", "cnn"]
    + ["vgg-12", "vgg-11-0", "resnet-9", "resnet-2", "resnet", "autoencoder", "lstm-", "lstm-0"],
)
@pytest.mark.parametrize("families", [TRAINED, FAMILIES], ids=["trained", "all"])
def test_an_unknown_name_is_refused_with_the_known_forms(name, families):
    refusal = f"unknown model '{name}'; known forms: linear, mlp-"
    with pytest.raises(ValueError, match=refusal) as error:
        parse_architecture(name, families)
    for family in families:
        assert re.search(re.escape(family.form), str(error.value))


@pytest.mark.parametrize("name", ["vgg-11", "resnet-56", "resnet-50", "autoencoder-3", "lstm-3"])
def test_what_cannot_be_trained_yet_has_no_name_in_the_configuration(name):
    with pytest.raises(ValueError, match="unknown model"):
        parse_architecture(name)
