"""Paths as a user writes them."""

import os
from typing import Annotated

from pydantic import AfterValidator


def expanded_path(path: str) -> str:
    """The path with ~ replaced by the home folder.

    Raises:
        ValueError: no home folder is known.
    """
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise ValueError(f"no home folder is known for {path!r}; a name like this begins with ./")
    return expanded


# Of a file or a folder, where ~ is a home folder: no shell expands what a file says.
UserPath = Annotated[str, AfterValidator(expanded_path)]
