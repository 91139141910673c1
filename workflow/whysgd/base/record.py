"""Records: the checked, immutable values that configuration and runs are made of."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of all configuration records: immutable, and an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True
    )


class Later:
    """The mark of a field that is younger than existing results.

    While such a field has its default, a record's identity does not mention it: runs that were made
    before there was a choice keep their names. So its default can never change.
    """


LATER: Final = Later()


def identity(record: BaseModel, *, exclude_none: bool = False) -> dict[str, Any]:
    """Tells what a record says, as JSON, without `LATER` fields that say what went without saying.

    Validating the result gives the record again. Wherever records decide what is the same, they are
    told in this form: names of runs, parameters of rules, what lies beside results.

    Args:
        record: which may hold other records, in fields, sequences and mappings.
        exclude_none: whether fields that are None are left out, too.

    Returns:
        A new dictionary, in the order of the fields.
    """
    dumped = record.model_dump(mode="json", exclude_none=exclude_none)
    _forget_defaults(record, dumped)
    return dumped


def fingerprint(record: BaseModel) -> str:
    """First 10 hexadecimal digits of the SHA-256 of the canonical JSON of a record's identity."""
    text = json.dumps(identity(record), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _forget_defaults(value: Any, dumped: Any) -> None:
    """Removes `LATER` fields at their defaults from the dump of a value, in place."""
    if isinstance(value, BaseModel):
        for name, field, is_later in _fields_to_look_at(type(value)):
            key, content = field.serialization_alias or name, getattr(value, name)
            if is_later and content == field.get_default(call_default_factory=True):
                dumped.pop(key, None)
            elif key in dumped:
                _forget_defaults(content, dumped[key])
    elif isinstance(value, Mapping):
        for key, content in value.items():
            if key in dumped:
                _forget_defaults(content, dumped[key])
    elif isinstance(value, tuple | list):
        for content, content_dumped in zip(value, dumped, strict=True):
            _forget_defaults(content, content_dumped)


@cache
def _fields_to_look_at(kind: type[BaseModel]) -> tuple[tuple[str, Any, bool], ...]:
    """Fields of a record that are `LATER`, or may hold records that have such fields."""
    found = []
    for name, field in kind.model_fields.items():
        is_later = LATER in field.metadata
        if is_later or any(map(_fields_to_look_at, _records_in(field.annotation))):
            found.append((name, field, is_later))
    return tuple(found)


def _records_in(annotation: Any) -> set[type[BaseModel]]:
    """Kinds of records that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return set().union(*map(_records_in, get_args(annotation)))
