"""Files of the configuration, and mappings like theirs, as checked records."""

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
        content = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold keys and values")
    return content


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
            reason = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                reason = "unknown key"
            elif fault["type"] not in ("missing", "value_error"):
                reason = f"{reason}, not {fault['input']!r}"
            faults.append(f"{key}: {reason}" if key else reason)
        raise UserError(f"{where}: {'; '.join(faults)}") from error
