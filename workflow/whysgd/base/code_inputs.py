"""Which of our own modules a piece of work runs, so that editing one of them redoes the work.

Snakemake sees edits of a rule's script but not of the modules that the script imports; rules
therefore name the modules as inputs, or their hash as a parameter. The list is read off the
import statements, so nobody has to remember to extend it.
"""

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_ROOT = _PACKAGE.parents[1]
# Import statements by their form, since parsing a hundred files took every job a third of a second.
# A statement that is quoted in a docstring would only add a file too many.
_IMPORT = re.compile(r"^[ \t]*(?:from (\w[\w.]*) import (\([^)]*\)|.*)|import (.*))", re.MULTILINE)
_NAME = re.compile(r"\w[\w.]*")


def script_inputs(script: str) -> list[str]:
    """Source files of all that a rule's script imports from this package.

    Args:
        script: name of a file in `workflow/scripts`.

    Returns:
        Paths as `module_files` gives them.
    """
    return _all_imported(list(_imported(_PACKAGE.parent / "scripts" / script)))


def script_digest(script: str) -> str:
    """Hash of what `script_inputs` lists, for a rule with thousands of jobs.

    As a parameter it does what the files do as inputs, by content instead of by time, and
    Snakemake has forty files less to look at for every job that it plans.
    """
    return files_digest(script_inputs(script))


def files_digest(paths: Iterable[str]) -> str:
    """SHA-256 of the content of some files, in this order; the first 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        content = Path(path).read_bytes()
        digest.update(f"{len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def module_files(*names: str) -> list[str]:
    """Source files of the named modules of this package and of all they import from it.

    Args:
        names: dotted names such as "whysgd.training.loop".

    Returns:
        Paths, sorted; relative where the working folder is that of the workflow, so that a checkout
        can be moved. Elsewhere a workflow of which this is a module may put a prefix before
        relative ones. Imports inside functions count too.

    Raises:
        ValueError: no such module.
    """
    return _all_imported([path for name in names for path in _sources(name)])


def _all_imported(pending: list[Path]) -> list[str]:
    """The given files and all that they import, directly or not."""
    at_home = Path.cwd() == _ROOT
    found: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _imported(path)
    return sorted(str(path.relative_to(_ROOT) if at_home else path) for path in found)


@cache
def _sources(name: str) -> tuple[Path, ...]:
    """Files that importing a module runs: its packages' and its own."""
    parts = name.split(".")
    base = _PACKAGE.parent.joinpath(*parts)
    own = [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
    if not own:
        raise ValueError(f"no module {name!r} in this package")
    packages = [_PACKAGE.parent.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
    return (*(package / "__init__.py" for package in packages), *own)


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Files of this package that one file's import statements name."""
    found: list[Path] = []
    for package, names, modules in _IMPORT.findall(path.read_text(encoding="utf-8")):
        # `from package import module` imports a file as well.
        members = [f"{package}.{name}" for name in _NAME.findall(names)]
        for module in [package, *members] if package else _NAME.findall(modules):
            if module.split(".")[0] == _PACKAGE.name:
                with suppress(ValueError):  # a name inside a module is no file
                    found += _sources(module)
    return tuple(found)
