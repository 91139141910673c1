"""Networks: R replicas of one architecture as a function of tensors."""

from whysgd.models.network import Network, build_network

__all__ = ["Network", "build_network"]
