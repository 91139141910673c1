"""The equations of Smith et al. 2021 (arXiv:2101.12176) as functions, and checks of each.

Everything is float64. A point is a vector of P parameters; R of them, side by side, are (R, P):
the replicas of an ensemble, whether they differ by the order of minibatches or the learning rate.
"""
