"""Keys of scale files that have moved: where they went, for people and for older archives."""

from collections.abc import Mapping
from typing import Any

from whysgd.base.errors import UserError

# Keys of the top level, and where each went.
_MOVED = {
    "runs": "studies.implicit_regularization.runs",
    "programs": "studies.implicit_regularization.programs",
    "experiments": "studies.implicit_regularization.experiments",
    "theory": "studies.theory",
}


def refuse_moved_keys(content: Mapping[str, Any], where: str) -> None:
    """Refuses a key at its old place.

    Args:
        content: of a scale file, with what replaces parts of it.
        where: begins the message.

    Raises:
        UserError: naming the key and its new place.
    """
    for key, place in _MOVED.items():
        if key in content:
            raise UserError(f"{where}: {key}: this key has moved to {place}")


def with_keys_moved(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a scale file of any version, with every key at its present place."""
    found = {key: value for key, value in content.items() if key not in _MOVED}
    for key, place in _MOVED.items():
        if key in content:
            *above, last = place.split(".")
            below = found
            for part in above:
                below[part] = dict(below.get(part, {}))
                below = below[part]
            below[last] = content[key]
    return found
