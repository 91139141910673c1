"""The studies that there are. A new one is a folder, and a line here."""

import importlib
from collections.abc import Mapping

from whysgd.claims.records import Claims, load_claims
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
