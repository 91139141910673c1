"""The JSON schema of the configuration, for editors and validators; generated from the records."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from whysgd.base.record import Frozen
from whysgd.claims.records import Judging, StudyClaims
from whysgd.config.settings import Config, ScaleSettings

# The record of each kind of file; the schema's definition of it has the record's name.
FILES: dict[str, type[Frozen]] = {
    "config.yaml": Config,
    "scales/*.yaml": ScaleSettings,
    "claims.yaml": Judging,
    "studies/*/claims.yaml": StudyClaims,
}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}


class _Generator(GenerateJsonSchema):
    """Pydantic's, with bounds that validators read."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """A value's schema; Pydantic leaves its own words where a number has a parser of ours."""
        return {
            _BOUNDS.get(key, key): value for key, value in super().generate_inner(schema).items()
        }


def json_schema() -> dict[str, Any]:
    """The schema of config.yaml, scale files and both kinds of claims.yaml: `config/schema.json`.

    The root accepts a file of any kind; by their keys, no file is of two kinds. The definitions
    named as in `FILES` accept one kind each.
    """
    kinds, definitions = models_json_schema(
        [(record, "validation") for record in FILES.values()], schema_generator=_Generator
    )
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "Configuration",
        "description": f"One of {', '.join(FILES)}.",
        "anyOf": list(kinds.values()),
        **definitions,
    }
