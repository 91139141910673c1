"""Paths as a user writes them."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator

# What Snakemake reads as a pattern in a file's name, and what no line of text holds.
_NO_PATH = re.compile(r"[{}\x00-\x1f\x7f]")


def expanded_path(path: str) -> str:
    """The path with ~ replaced by the home folder.

    Raises:
        ValueError: it holds what no path here may, or no home folder is known.
    """
    if _NO_PATH.search(path):
        raise ValueError(f"{path!r} holds a brace or a control character, which no path here may")
    expanded = os.path.expanduser(path)
    if expanded.startswith("~"):
        raise ValueError(f"no home folder is known for {path!r}; a name like this begins with ./")
    return expanded


# Of a file or a folder, where ~ is a home folder: no shell expands what a file says.
UserPath = Annotated[str, AfterValidator(expanded_path)]
