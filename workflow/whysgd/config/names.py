"""Names that a user gives, of which files and folders are made."""

import re

# Of scales and data sets, which are names of files and folders, and of archives.
_NAME = re.compile(r"\w[\w.-]*")
_LONGEST_NAME = 100


def check_name(name: str, where: str) -> None:
    """Refuses a name of which no file can be made that every part of the workflow reads.

    Raises:
        ValueError: beginning with `where`.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:20]}..."
        raise ValueError(
            f"{where}: {shown!r} must begin with a letter, a digit or _ and hold only those, "
            f"points and hyphens, at most {_LONGEST_NAME} of them: files are named so"
        )
