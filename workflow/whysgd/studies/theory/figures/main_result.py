"""Theory, checks 1, 2 and 10: the mean over all orders against flows of rising order."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whysgd.base.errors import UserError
from whysgd.figures.orders import (
    draw_check,
    draw_errors,
    finish_errors,
    looks,
    series_of,
    slope_text,
)
from whysgd.figures.style import FigureContext, new_figure

_LOOKS = looks(
    {
        "flow on C": r"flow on $C$",
        "flow on C_GD": r"flow on $\tilde C_{\mathrm{GD}}$",
        "flow on C_SGD": r"flow on $\tilde C_{\mathrm{SGD}}$",
        "second-order flow": r"flow with our next term $\epsilon^2 f_2$",
    }
)
_RELU = "ReLU perceptron"


def draw(tables: Mapping[str, pd.DataFrame], context: FigureContext) -> Figure:
    """A panel for each kind of problem, the exception last."""
    errors = pd.concat([tables["theory_main_result"], tables["theory_convolution"]])
    slopes = tables["theory_slopes"]
    enumerated, single = _cubics(errors)
    titles = {
        single: f"{single}: gradient descent",
        enumerated: f"random {enumerated}, all orders",
        "logistic regression": "logistic regression, digits",
        "tanh perceptron": "tanh perceptron, digits",
        "convolutional network": "convolutional network, digits",
    }
    figure, panels = new_figure(6, rows=2)
    for axes, (problem, title) in zip(panels[:-1], titles.items(), strict=True):
        here = {"check": "main_result", "problem": problem}
        draw_check(axes, errors, slopes, _LOOKS, title, **here)
    _draw_relu(panels[-1], errors, slopes)
    return figure


def _cubics(errors: pd.DataFrame) -> tuple[str, str]:
    """The random cubics with most and with fewest minibatches whose orders are enumerated.

    Raises:
        UserError: there is but one, or none has a single minibatch.
    """
    cubic = errors[errors["problem"].str.startswith("cubic")]
    rows = series_of(cubic, quantity="second-order flow").sort_values("num_batches")
    if rows["num_batches"].iloc[0] != 1 or rows["num_batches"].iloc[-1] == 1:
        raise UserError(
            "table has no random cubic of one minibatch beside one of several; see `cubic_batches`"
        )
    return rows["problem"].iloc[-1], rows["problem"].iloc[0]


def _draw_relu(axes: Axes, errors: pd.DataFrame, slopes: pd.DataFrame) -> None:
    """Before any unit switches as everywhere; after it the gradient's jump is all that counts."""
    rows = errors[errors["problem"].str.startswith(_RELU)]
    for name, look in list(_LOOKS.items())[:3]:
        draw_errors(axes, series_of(rows, quantity=name), look)
    before = slope_text(slopes[slopes["problem"] == _RELU], list(_LOOKS))
    switched = rows[rows["problem"] != _RELU]["scaled_step"]
    if len(switched):
        axes.axvspan(
            switched.min() / 2**0.5,
            switched.max() * 4,
            color="0.92",
            zorder=0,
            label="a unit switches",
        )
    finish_errors(
        axes, f"{_RELU}, digits", before and f"{before} before a switch", rows["scaled_step"]
    )
