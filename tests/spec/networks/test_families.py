"""Published sizes of networks, and what each family refuses."""

import pytest

from whysgd.spec.networks import NetworkSettings, parse_architecture
from whysgd.spec.networks.library import FAMILIES
from whysgd.spec.networks.parts import Activate

CIFAR, MNIST, TINY_IMAGENET, IMAGENET = (32, 32, 3), (28, 28, 1), (64, 64, 3), (224, 224, 3)


def blueprint(name, input_shape, num_classes=10, **settings):
    return parse_architecture(name, FAMILIES).blueprint(
        NetworkSettings(input_shape, num_classes, **settings)
    )


@pytest.mark.parametrize(
    ("name", "input_shape", "num_classes", "ghost_batch_size", "count"),
    [
        # 77,370 weights of convolutions and classifier, 336 biases, 3 scalars; counted by hand
        # from the published architecture.
        ("wrn-10-1", CIFAR, 10, None, 77_709),
        ("wrn-16-4", CIFAR, 10, None, 2_747_536),
        ("mlp-64-64", CIFAR, 10, None, 32 * 32 * 3 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10),
        ("linear", CIFAR, 10, None, 32 * 32 * 3 * 10 + 10),
        # 2.75 M: 2,745,274 weights without biases, and 2 x 1,808 normalized channels.
        ("wrn-16-4", CIFAR, 10, 64, 2_745_274 + 2 * 1808),
        ("vgg-11", CIFAR, 10, 64, 9_756_426),
        ("resnet-56", CIFAR, 10, 64, 855_578),
        ("mlp-500-350", MNIST, 10, 64, 573_060),
        ("autoencoder-1000-500-250-30", MNIST, 10, None, 2_837_314),
        # 25.6 M; the convolutions have no biases, as in most of the published ones.
        ("resnet-50", IMAGENET, 1000, 256, 25_557_032),
        # Small and medium models of Penn TreeBank, 4.65 M and 19.8 M.
        ("lstm-200-200", (20,), 10_000, None, 4_651_600),
        ("lstm-650-650", (35,), 10_000, None, 19_775_200),
    ],
)
def test_parameter_counts(name, input_shape, num_classes, ghost_batch_size, count):
    found = blueprint(name, input_shape, num_classes, ghost_batch_size=ghost_batch_size)
    assert found.num_parameters == count
    assert sum(work.parameters for work in found.works) == count - sum(
        weight.name.endswith("factor") for weight in found.weights
    )


@pytest.mark.parametrize(
    ("name", "input_shape", "macs", "tolerance"),
    [
        # Products and sums for one image forward; the second published as 3.8 billion.
        ("wrn-16-4", CIFAR, 392.6e6, 0.001),
        ("resnet-50", IMAGENET, 3.86e9, 0.01),
    ],
)
def test_operations_of_published_networks(name, input_shape, macs, tolerance):
    found = blueprint(name, input_shape, ghost_batch_size=64)
    operations = sum(work.operations for work in found.works)
    assert operations / 2 == pytest.approx(macs, rel=tolerance)


def test_vgg_has_the_dense_layers_of_its_users():
    for input_shape, classes, widths in (
        (CIFAR, 10, [(512, 512), (512, 512), (512, 10)]),
        (TINY_IMAGENET, 200, [(2048, 1024), (1024, 512), (512, 200)]),
    ):
        weights = blueprint("vgg-11", input_shape, classes).weights
        assert [w.shape for w in weights if w.name.startswith("dense") and w.decays] == widths


def test_a_resnets_blocks_shrink_the_images_as_published():
    found = blueprint("resnet-50", IMAGENET, 1000, ghost_batch_size=1)
    assert found.works[-3].outputs == 7 * 7 * 2048
    assert sum("branch" in w.name and w.decays for w in found.weights) == 3 * (3 + 4 + 6 + 3)


def test_an_autoencoder_has_logistic_units_a_linear_code_and_linear_outputs():
    parts = blueprint("autoencoder-7-5-2", (4, 4, 1)).parts
    kinds = ["sigmoid" if isinstance(part, Activate) else part.name for part in parts[1:]]
    assert [part.kind for part in parts if isinstance(part, Activate)] == ["sigmoid"] * 4
    assert kinds == [
        *("dense1", "sigmoid", "dense2", "sigmoid", "dense3"),
        *("dense4", "sigmoid", "dense5", "sigmoid", "dense6"),
    ]
    assert blueprint("autoencoder-7-5-2", (4, 4, 1)).output_shape == (16,)
    tanh = blueprint("autoencoder-7-5-2", (4, 4, 1), activation="tanh").parts
    assert {part.kind for part in tanh if isinstance(part, Activate)} == {"tanh"}


@pytest.mark.parametrize(
    ("name", "input_shape", "settings", "refusal"),
    [
        ("resnet-50", (32, 32, 3), {}, "resnet-50 needs batch normalization"),
        ("lstm-4", (8, 8, 1), {}, r"an LSTM reads \(tokens,\)"),
        ("lstm-4", (8,), {"ghost_batch_size": 2}, "no batch normalization"),
        ("lstm-4", (8,), {"activation": "relu"}, "no other activation"),
        ("vgg-11", (8,), {}, r"pixels are \(height, width, channels\), not \(8,\)"),
    ],
)
def test_a_network_that_does_not_exist_is_refused(name, input_shape, settings, refusal):
    with pytest.raises(ValueError, match=refusal):
        blueprint(name, input_shape, **settings)
