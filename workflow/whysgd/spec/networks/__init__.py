"""Networks by value: what a name stands for, and the parts and weights that follow from it.

A family is one module here. It draws a blueprint, from which both the costs and the Keras layers
(`whysgd.models`) follow. Nothing that computes with tensors belongs here.
"""

from whysgd.spec.networks.architecture import Architecture, NetworkSettings
from whysgd.spec.networks.blueprint import Blueprint
from whysgd.spec.networks.parts import Activation
from whysgd.spec.networks.perceptron import PerceptronShape
from whysgd.spec.networks.registry import ModelName, parse_architecture
from whysgd.spec.networks.weights import Initialization, Start, Weight
from whysgd.spec.networks.wide_resnet import WideResNetShape

__all__ = [
    "Activation",
    "Architecture",
    "Blueprint",
    "Initialization",
    "ModelName",
    "NetworkSettings",
    "PerceptronShape",
    "Start",
    "Weight",
    "WideResNetShape",
    "parse_architecture",
]
