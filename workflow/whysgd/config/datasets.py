"""Data sets as a configuration names them."""

from typing import Annotated

from pydantic import AfterValidator

from whysgd.config.paths import expanded_path
from whysgd.spec.datasets import DatasetSpec


def _with_user_path(dataset: DatasetSpec) -> DatasetSpec:
    """The record takes its file's path as it is, since it is a part of what a run is."""
    if dataset.path is None:
        return dataset
    return dataset.model_copy(update={"path": expanded_path(dataset.path)})


NamedDatasets = dict[str, Annotated[DatasetSpec, AfterValidator(_with_user_path)]]
