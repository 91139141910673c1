"""Reproduces papers on why stochastic gradient descent generalizes, from data to figures."""
