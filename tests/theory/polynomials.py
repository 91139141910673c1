"""Cubic losses in plain NumPy, formula by formula: the route that TensorFlow is checked against."""

import itertools

import numpy as np

from whysgd.theory.problems import polynomial_minibatches


class Polynomials:
    """C_k = b w + A[w, w] / 2 + T[w, w, w] / 6 for k = 0, ..., m - 1."""

    def __init__(self, num_batches=4, num_parameters=3, seed=0):
        rng = np.random.default_rng(seed)
        shape = (num_batches, num_parameters)
        self.b = rng.normal(size=shape)
        self.a = rng.normal(size=(*shape, num_parameters))
        self.a = self.a + self.a.transpose(0, 2, 1) + 2 * np.eye(num_parameters)
        t = rng.normal(size=(*shape, num_parameters, num_parameters))
        self.t = sum(t.transpose(0, *swap) for swap in itertools.permutations((1, 2, 3))) / 6
        self.w = rng.normal(size=num_parameters) / 2
        self.m = num_batches

    @property
    def minibatches(self):
        return polynomial_minibatches(self.b, self.a, self.t)

    def loss(self, w):
        """(m,)."""
        cubic = np.einsum("kijl,i,j,l->k", self.t, w, w, w) / 6
        return self.b @ w + np.einsum("kij,i,j->k", self.a, w, w) / 2 + cubic

    def gradient(self, w):
        """(m, P)."""
        return self.b + self.a @ w + np.einsum("kijl,j,l->ki", self.t, w, w) / 2

    def hessian(self, w):
        """(m, P, P)."""
        return self.a + self.t @ w

    def mean_after_an_epoch(self, w, learning_rate):
        """Over all orders, one by one."""
        ends = []
        for order in itertools.permutations(range(self.m)):
            point = w
            for k in order:
                point = point - learning_rate * self.gradient(point)[k]
            ends.append(point)
        return np.mean(ends, 0)

    def second_order(self, w):
        """f_2 with its brackets written out into products, term by term."""
        g, h, t, m = self.gradient(w), self.hessian(w), self.t, self.m
        mean_g, mean_h, mean_t = g.mean(0), h.mean(0), t.mean(0)
        total = np.zeros_like(w)
        for gi, hi, ti in zip(g, h, t, strict=True):
            total += -hi @ hi @ mean_g / 12 + hi @ mean_h @ gi / 6 - mean_h @ hi @ gi / 12
            total += ti @ mean_g @ gi / 12 - mean_t @ gi @ gi / 12
            total -= (hi @ hi @ gi / 3 + ti @ gi @ gi / 12) / m
        return total
