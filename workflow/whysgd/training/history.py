"""The history: the table a job writes, one row per member per evaluation."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from whysgd.base.errors import UserError
from whysgd.base.files import atomic_path
from whysgd.spec.ensemble import Member

# Column -> meaning. Accuracies are fractions; losses are means over examples, in nats.
COLUMNS = {
    "learning_rate": "the member's",
    "reg_coefficient": "the member's",
    "seed": "the member's",
    "epoch": "passes over the training set so far; may be fractional",
    "update": "parameter updates so far",
    "train_accuracy": "over all training examples, not augmented",
    "train_loss": "the original loss C over all training examples, not augmented",
    "test_accuracy": "over all test examples",
    "test_loss": "the original loss over all test examples",
    "c_reg": "mean squared gradient norm over the fixed minibatches; empty if not measured",
    "diverged_at": "update at which loss or parameters were first seen not finite; -1 if never",
}
METRICS = tuple(name for name in COLUMNS if "accuracy" in name or "loss" in name) + ("c_reg",)


def history_rows(
    members: Iterable[Member],
    *,
    epoch: float,
    update: int,
    measured: dict[str, np.ndarray],
    diverged_at: np.ndarray,
    finite: np.ndarray,
) -> pd.DataFrame:
    """One evaluation as rows, one per member. A diverged member's metrics are empty.

    Args:
        members: in the order of the arrays.
        epoch: passes over the training set so far.
        update: updates so far.
        measured: arrays (R,) by metric name; a metric that is left out is empty.
        diverged_at: (R,), -1 for a member that has not diverged.
        finite: (R,), whether all parameters are finite.
    """
    rows = pd.DataFrame([member.model_dump() for member in members])
    rows["epoch"], rows["update"] = epoch, update
    for name in METRICS:
        rows[name] = measured.get(name, np.full(len(rows), np.nan))
    # Where an evaluation overflows although every minibatch was finite, this is where it shows.
    losses = rows[["train_loss", "test_loss"]].to_numpy(np.float64)
    overflowed = ~np.isfinite(losses).all(axis=1) | ~finite
    rows["diverged_at"] = np.where((diverged_at < 0) & overflowed, update, diverged_at)
    rows.loc[rows["diverged_at"] >= 0, list(METRICS)] = np.nan
    return rows[list(COLUMNS)]


def continued(history: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """A history with one more evaluation.

    A member that an earlier evaluation found diverged stays so, at the update where that was first
    seen, even if its numbers should be finite again.

    Args:
        history: of all members, in the order of `rows`; may be empty.
        rows: of `history_rows`.
    """
    if history.empty:
        return rows
    before = history["diverged_at"].to_numpy()[-len(rows) :]
    gone = before >= 0
    rows = rows.assign(diverged_at=np.where(gone, before, rows["diverged_at"]))
    rows.loc[gone, list(METRICS)] = np.nan
    return pd.concat([history, rows], ignore_index=True)


def write_history(path: str | Path, history: pd.DataFrame) -> None:
    """Writes a history as CSV, atomically; floats are written so that they read back equal."""
    with atomic_path(path) as temporary:
        history.to_csv(temporary, index=False, lineterminator="\n")


def read_history(path: str | Path) -> pd.DataFrame:
    """Reads what `write_history` wrote, equal to the last bit.

    Raises:
        UserError: the file is missing or holds other columns.
    """
    try:
        history = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a history ({error})") from error
    if list(history.columns) != list(COLUMNS):
        raise UserError(f"{path}: not a history of this version; remove it and run again")
    return history
