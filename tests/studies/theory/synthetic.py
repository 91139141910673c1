"""Tables as the theory study computes them, with numbers that are easy to tell apart."""

import numpy as np
import pandas as pd

from whysgd.theory.fits import ERROR_COLUMNS, slope_table

STEPS = 2.0 ** np.arange(-9, -3)
FLOWS = {"flow on C": 2, "flow on C_GD": 2, "flow on C_SGD": 3, "second-order flow": 4}
EXPANSIONS = {
    "eq. 6: Euler steps on the modified flow": 3,
    "eq. 14: an epoch, worst order": 3,
    "eq. 18: the mean epoch": 3,
    "eq. 26: n updates on a minibatch": 3,
    "n-step less eq. 23: mean": 2,
    "n-step less eq. 23: covariance": 3,
}
SAMPLING = {
    f"{way}: {kind}": order
    for way, orders in (("shuffled", (2, 2)), ("with replacement", (1, 2)), ("eq. 23", (1, 2)))
    for kind, order in zip(("standard deviation", "bias"), orders, strict=True)
}


def errors(check, problem, quantities, n=1, num_batches=4):
    """Exact powers, each with a factor of its own; the smallest one is below the floor."""
    rows = []
    for place, (quantity, order) in enumerate(quantities.items()):
        values = (place + 1 + 10 * len(problem)) * STEPS**order
        rows.append(
            pd.DataFrame(
                {
                    "check": check,
                    "problem": problem,
                    "quantity": quantity,
                    "num_batches": num_batches,
                    "updates_per_batch": n,
                    "learning_rate": STEPS / 7,
                    "scaled_step": STEPS,
                    "error": values,
                    "leading": 1.01 * values,
                    "floor": 0.0,
                    "fitted": np.arange(len(STEPS)) > 0,
                    "expected_slope": float(order),
                },
                columns=list(ERROR_COLUMNS),
            )
        )
    return pd.concat(rows, ignore_index=True)


def norms():
    rows = []
    for epoch in (0, 8):
        for size in (1, 4, 16):
            error = 0.0 if size == 16 else 0.1
            expected = (epoch + 1) * 20.0 / size
            rows.append((epoch, size, expected + error * size, error, expected, 1.0, 2.0, 50))
    columns = "epoch batch_size mean_sq_norm standard_error expected full_sq_norm variance batches"
    return pd.DataFrame(rows, columns=columns.split())


def validity():
    rows = []
    for place, flow in enumerate(("flow on C", "flow on C_SGD", "second-order flow")):
        for m in (1, 4):
            for rate in (2.0**-4, 2.0**-2):
                error = rate * 0.1 ** (place + 1) * m
                noise = error if m == 4 and place == 2 else 0.0
                rows.append(("p", flow, m, rate, m * rate, rate, error, noise, 2.0, 0.1**place))
    columns = "problem flow num_batches scaled_rate scaled_step learning_rate error standard_error"
    return pd.DataFrame(rows, columns=[*columns.split(), "displacement", "unexplained"])


def planar():
    rows = []

    def path(part, curve, run, values):
        for time, (x, y) in enumerate(values):
            rows.append((part, curve, run, float(time), x, y))

    path("gd", "iterates", 0, [(0, 0), (1, 2)])
    for part, modified in (("gd", "flow on C_GD"), ("sgd", "flow on C_SGD")):
        path(part, "flow on C", 0, [(0, 0), (1, 1)])
        path(part, modified, 0, [(0, 0), (1, 1.5)])
    path("sgd", "order", 0, [(0, 0), (1.0, 2.5)])
    path("sgd", "order", 1, [(0, 0), (1.2, 1.5)])
    path("sgd", "mean", 0, [(1.1, 2.0)])
    for run, end in enumerate((-1, -1, 1)):
        path("runs", "SGD", run, [(0, 0), (end, 0)])
    for curve in ("mean", "flow on C", "flow on C_SGD"):
        path("runs", curve, 0, [(0, 0), (-0.3, 0)])
    for part in ("left", "right", "between"):
        for place, curve in enumerate(("C", "C_SGD", "C_1", "C_2")):
            for at in (-1.0, 0.0, 1.0):
                rows.append((part, curve, 0, at**2 + place, at, at))
    return pd.DataFrame(rows, columns=["part", "curve", "run", "time", "x", "y"])


def tables():
    """Every table that a figure of the study reads."""
    relu = errors("main_result", "ReLU perceptron", dict(list(FLOWS.items())[:3]))
    switched = relu["scaled_step"] > 2.0**-6
    relu.loc[switched, "problem"] = "ReLU perceptron, after a switch"
    main = [
        errors("main_result", "cubic, m = 1", FLOWS, num_batches=1),
        errors("main_result", "cubic, m = 6", FLOWS, num_batches=6),
        errors("main_result", "logistic regression", FLOWS),
        errors("main_result", "tanh perceptron", FLOWS),
        relu,
    ]
    strengths = {"flow on C": 2, "strength n alpha": 2, "strength alpha": 3}
    problems = ("cubic, m = 4", "tanh perceptron")
    steps = [errors("n_step", p, strengths, n) for p in problems for n in (1, 2, 8)]
    epochs = {"reversed, worst order": 3, "repeated, best order": 2}
    expansions = [
        errors(check, problem, quantities)
        for problem in problems
        for check, quantities in (
            ("expansions", EXPANSIONS),
            ("second_epoch", epochs),
            ("sampling", SAMPLING),
        )
    ]
    exact = [(p, f"eq. {e}: words", 1e-16 * e) for p in problems for e in (2, 17, 32)]
    result = {
        "theory_main_result": pd.concat(main, ignore_index=True),
        "theory_convolution": errors("main_result", "convolutional network", FLOWS),
        "theory_n_step": pd.concat(steps, ignore_index=True),
        "theory_expansions": pd.concat(expansions, ignore_index=True),
        "theory_exact": pd.DataFrame(exact, columns=["problem", "equation", "residual"]),
        "theory_gradient_norms": norms(),
        "theory_validity": validity(),
        "theory_planar": planar(),
    }
    series = [table for table in result.values() if "fitted" in table]
    result["theory_slopes"] = slope_table(pd.concat(series, ignore_index=True))
    return result
