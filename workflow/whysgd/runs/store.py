"""Finding the history of a grid point among the runs on disk."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from whysgd.base.errors import UserError
from whysgd.runs.grid import Point
from whysgd.spec.ensemble import Ensemble
from whysgd.spec.program import Program
from whysgd.training.history import read_history


class RunStore:
    """Histories and the ensembles that they belong to, as the training jobs wrote them."""

    def __init__(
        self, ensembles: Sequence[str | Path], histories: Sequence[str | Path], seeds: Sequence[int]
    ) -> None:
        """Reads everything.

        Args:
            ensembles: files ensemble.json.
            histories: files history.csv, in the same order.
            seeds: runs that every grid point must have.
        """
        self._seeds = list(seeds)
        self._runs: dict[Program, list[pd.DataFrame]] = {}
        for ensemble_path, history_path in zip(ensembles, histories, strict=True):
            text = Path(ensemble_path).read_text(encoding="utf-8")
            ensemble = Ensemble.model_validate(json.loads(text))
            history = read_history(history_path).assign(run_id=ensemble.run_id)
            self._runs.setdefault(ensemble.program, []).append(history)

    def history(self, point: Point) -> pd.DataFrame:
        """The rows of one grid point: all seeds, all evaluations, each with its `run_id`.

        Raises:
            UserError: a run is missing.
        """
        where = (
            f"learning_rate {point.learning_rate:g}, reg_coefficient {point.reg_coefficient:g} "
            f"of {point.program.model}, batch_size {point.program.batch_size}"
        )
        parts = [
            run[
                (run["learning_rate"] == point.learning_rate)
                & (run["reg_coefficient"] == point.reg_coefficient)
                & run["seed"].isin(self._seeds)
            ]
            for run in self._runs.get(point.program, [])
        ]
        present = {seed for part in parts for seed in part["seed"]}
        missing = [seed for seed in self._seeds if seed not in present]
        if missing:
            raise UserError(f"{where}: no run of seed {missing[0]} among the histories")
        return pd.concat(parts, ignore_index=True)
