"""The studies that there are. A new one is a folder, and a line here."""

import importlib
from collections.abc import Mapping
from typing import Any

from whysgd.claims.records import Claims, load_claims
from whysgd.config.scales import ScaleSettings, Sections, scale_record
from whysgd.config.settings import Settings, load_settings
from whysgd.runs.figures import FigureSpec
from whysgd.studies.study import Study

NAMES = (
    "implicit_regularization",
    "theory",
)


def _study(name: str) -> Study:
    """The record that a study's folder holds."""
    study: Study = importlib.import_module(f"whysgd.studies.{name}.study").STUDY
    return study


STUDIES: tuple[Study, ...] = tuple(map(_study, NAMES))
FIGURES: Mapping[str, FigureSpec] = {
    figure.name: figure for study in STUDIES for figure in study.figures
}


SECTIONS: Sections = {study.name: study.section for study in STUDIES}


def read_settings(config: Mapping[str, Any] | None = None) -> Settings:
    """Reads the configuration, with the sections of all studies.

    Args:
        config: keys of `config/config.yaml` that replace what stands there.

    Raises:
        UserError: as `load_settings`.
    """
    return load_settings(config or {}, SECTIONS)


def scale_of(content: Any) -> ScaleSettings:
    """Gives the record of a scale that has been written out, such as a rule's parameter.

    Raises:
        pydantic.ValidationError: it does not fit.
    """
    return scale_record(SECTIONS).model_validate(content)


def claims_of_all() -> Claims:
    """The claims of all studies, checked against the figures and the papers' values.

    Raises:
        UserError: as `load_claims`.
    """
    return load_claims(
        [study.claims_file for study in STUDIES],
        [path for study in STUDIES for path in study.paper_files],
        FIGURES,
    )
