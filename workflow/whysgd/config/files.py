"""Files of the configuration, and mappings like theirs, as checked records."""

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from whysgd.base.errors import UserError
from whysgd.base.record import Frozen

Record = TypeVar("Record", bound=Frozen)
# Safe, too, and ten times as fast where PyYAML has it: every job's Snakemake reads these files.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# PyYAML's own errors, and what Python raises in it of values such as `!!int x` or 2024-13-45 and of
# a file that is nested thousands of times.
_NOT_YAML = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    OverflowError,
    RecursionError,
)
_MOST_SHOWN = 80  # characters of a value, in a message
CONFIG_DIR = Path(__file__).resolve().parents[3] / "config"


def known_scales() -> list[str]:
    """Names of the scales that come with the project."""
    return sorted(path.stem for path in (CONFIG_DIR / "scales").glob("*.yaml"))


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping.

    Raises:
        UserError: it cannot be read or holds something else.
    """
    try:
        if not path.is_file() and path.exists():
            raise UserError(f"{path}: is not a file")  # reading a pipe would wait for its writer
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    return parse_yaml(content, str(path))


def parse_yaml(content: bytes, where: str) -> dict[str, Any]:
    """The mapping that a YAML text in UTF-8 holds.

    Raises:
        UserError: it is something else, in one line that begins with `where`.
    """
    try:
        found = yaml.load(content.decode("utf-8-sig"), _LOADER)  # noqa: S506
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"{where}: line {line}: not UTF-8; save the file as UTF-8") from error
    except _NOT_YAML as error:
        raise UserError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise UserError(f"{where}: must hold keys and values")
    return found


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `changes`, mappings merged key by key, neither altered."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        nested = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if nested else value  # type: ignore[arg-type]
    return result


def validated(kind: type[Record], content: Any, where: str) -> Record:
    """`content` as a record of the given kind.

    Raises:
        UserError: with one clause per fault, each naming its key.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            key = ".".join(str(part) for part in fault["loc"])
            reason = " ".join(fault["msg"].removeprefix("Value error, ").split())
            if fault["type"] == "extra_forbidden":
                reason = "unknown key"
            elif fault["type"] not in ("missing", "value_error"):
                reason = f"{reason}, not {_shown(fault['input'])}"
            faults.append(f"{key}: {reason}" if key else reason)
        raise UserError(f"{where}: {'; '.join(faults)}") from error


def _shown(value: Any) -> str:
    """A value for a message: one line that is not too long, whatever a file holds."""
    shown = reprlib.repr(value)  # goes only a few levels down
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."
