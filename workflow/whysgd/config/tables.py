"""The keys of the configuration as tables for people: `config/README.md`."""

from collections.abc import Iterator, Mapping
from typing import Any

from whysgd.base.powers import format_number
from whysgd.config.schema import FILES, json_schema

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# Configuration

`config.yaml` chooses a scale; `snakemake --config KEY=VALUE` replaces any of its keys. A file of
`scales/` says what is trained. `claims.yaml` says how claims are judged
([docs/claims.md](../docs/claims.md)); the claims themselves, and the numbers of each paper with
their sources, are `claims.yaml` and `paper.yaml` of the [studies](../workflow/whysgd/studies/).
Unknown keys and values out of range are errors that name the key.

A number may be written as a power, `2^-9`; a list of numbers or integers also as one of them, or
as a range of powers, `2^-9..2^-1`. In a path, `~` is the home folder.
`whysgd schema --tables > config/README.md` makes this file; a test says when it is out of date.

`schema.json` is the JSON schema of `config.yaml`, of scale files, of `claims.yaml` and of the
studies' `claims.yaml`: whatever is valid as one of them. `schema.json#/$defs/Config`,
`ScaleSettings`, `Judging` and `StudyClaims` at the same place are those of one kind alone. An
editor checks a scale of one's own that begins with the line
`# yaml-language-server: $schema=PATH/config/schema.json`.
"""


def schema_tables() -> str:
    """A section for each record of config.yaml and of the scale files, as Markdown."""
    definitions = json_schema()["$defs"]
    sections = [_INTRODUCTION]
    for file in ("config.yaml", "scales/*.yaml"):
        record = definitions[FILES[file].__name__]
        sections.append(_section(f"`{file}`", record, definitions))
        sections += [
            _section(title, definitions[name], definitions)
            for title, name in _below(record, definitions)
        ]
    return "\n".join(sections)


def _below(record: Schema, definitions: Schema, path: str = "") -> Iterator[tuple[str, str]]:
    """Where each record of a file stands first, as a title, and the record's name."""
    found: dict[str, str] = {}
    pending = [(path, record)]
    while pending:
        path, record = pending.pop(0)
        for key, value in record.get("properties", {}).items():
            kind = _without_null(value)
            named = kind.get("additionalProperties") if kind.get("type") == "object" else None
            name = _reference(named if isinstance(named, Mapping) else kind)
            if name is not None and name not in found:
                below = f"{path}{key}." + ("NAME." if isinstance(named, Mapping) else "")
                found[name] = f"`{below.removesuffix('.')}`"
                pending.append((below, definitions[name]))
    for name, title in found.items():
        yield title, name


def _section(title: str, record: Schema, definitions: Schema) -> str:
    keys = record["properties"]
    text = record.get("description", "").split("\n\n")[0].replace("\n", " ")
    if "program" in keys:  # an experiment may replace every key of its program
        keys = {
            key: value
            for key, value in keys.items()
            if key not in definitions["ProgramSettings"]["properties"]
        }
        text += " Besides these, every key of a program."
    required = record.get("required", [])
    rows = [
        f"| `{key}` | {_kind(value)} | {_default(value, key in required)} "
        f"| {value.get('description', '')} |"
        for key, value in keys.items()
    ]
    table = ["| key | value | default | meaning |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([f"## {title}", "", text, "", *table, ""])


def _kind(value: Schema) -> str:
    """What a key may hold, in words."""
    value = _without_null(value)
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if "prefixItems" in value:
        return f"{len(value['prefixItems'])} integers"
    if _reference(value) is not None:
        return "keys"
    if value.get("type") == "object":
        return "keys" if value["additionalProperties"] is True else "names, each with keys"
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    limits = [f"{word} {value[bound]:g}" for bound, word in bounds.items() if bound in value]
    return f"{_type(value)} {' and '.join(limits)}".strip()


def _type(value: Schema) -> str:
    # A number may be text as well, and a list of numbers a single one: the introduction says so.
    kinds = [kind["type"] for kind in value.get("anyOf", [value])]
    kind = "text" if kinds[0] == "string" else str(kinds[0])
    return f"{kind}s" if "array" in kinds else kind


def _default(value: Schema, required: bool) -> str:
    if required:
        return "required"
    default = value.get("default")
    if default is None or isinstance(default, Mapping):
        return ""
    if isinstance(default, list):
        return ", ".join(map(format_number, default))
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _without_null(value: Schema) -> Schema:
    """A value that may be left out, as what it is where it is given."""
    kinds = [kind for kind in value.get("anyOf", []) if kind.get("type") != "null"]
    if not kinds:
        return value
    return kinds[0] if len(kinds) == 1 else {**value, "anyOf": kinds}


def _reference(value: Schema) -> str | None:
    name: str | None = value.get("$ref")
    return None if name is None else name.rpartition("/")[2]
