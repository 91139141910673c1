"""The JSON schema of the configuration, for editors; generated from the records."""

from typing import Any

from whysgd.claims.records import Claims
from whysgd.settings import Config, ScaleSettings


def json_schema() -> dict[str, Any]:
    """Of config.yaml, a scale file and claims.yaml, as `config/schema.json` holds it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "config.yaml": Config.model_json_schema(),
        "scales/*.yaml": ScaleSettings.model_json_schema(),
        "claims.yaml": Claims.model_json_schema(),
    }
