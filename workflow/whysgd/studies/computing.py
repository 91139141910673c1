"""What a computation of a study is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from whysgd.data.dataset import Dataset


@dataclass(frozen=True)
class Given:
    """The content of a computation's inputs, handed to `table(given)` of each of its modules.

    Attributes:
        settings: the study's section of the scale, as JSON has it.
        dataset: the prepared data set that the section names; None for a computation without one.
        num_classes: of that data set, as its description in the scale has it.
        tables: those that the computation reads, by name.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    dataset: Dataset | None = None
    num_classes: int | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
