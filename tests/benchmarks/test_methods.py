"""Errors of the penalty methods on networks."""

import pytest

from whysgd.benchmarks.methods import penalty_errors


@pytest.mark.nightly
def test_differences_converge_on_a_smooth_network_and_not_across_kinks():
    smooth, kinked = (penalty_errors("mlp-64-64-64", a) for a in ("tanh", "relu"))
    for errors in (smooth, kinked):
        for method in ("double_backprop", "factored", "forward_over_reverse"):
            assert errors[method] < 1e-4  # float32, and a product of some thousand terms
    # An eighth of the radius: an eighth of the error forward, a sixty-fourth in the middle, less
    # what the terms after the next one still add at a radius of a half.
    for method, low, high in (("forward_difference", 6, 10), ("central_difference", 30, 80)):
        assert low < smooth[f"{method} 0.5"] / smooth[f"{method} 0.0625"] < high
        assert min(error for label, error in kinked.items() if method in label) > 0.1
