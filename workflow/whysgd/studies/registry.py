"""Which studies there are."""

from collections.abc import Mapping
from typing import Any

from whysgd.config.scales import ScaleSettings, Sections, scale_record
from whysgd.config.sections import SweepSection
from whysgd.config.settings import Settings, load_settings
from whysgd.theory.settings import TheorySettings

SECTIONS: Sections = {"implicit_regularization": SweepSection, "theory": TheorySettings}


def read_settings(config: Mapping[str, Any] | None = None) -> Settings:
    """The configuration, with the sections of all studies.

    Args:
        config: keys of `config/config.yaml` that replace what stands there.

    Raises:
        UserError: as `load_settings`.
    """
    return load_settings(config or {}, SECTIONS)


def scale_of(content: Any) -> ScaleSettings:
    """The record of a scale that has been written out, such as a rule's parameter.

    Raises:
        pydantic.ValidationError: it does not fit.
    """
    return scale_record(SECTIONS).model_validate(content)
