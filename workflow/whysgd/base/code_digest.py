"""Digests of our own code, by what it says: which modules a piece of work runs, and their content.

Snakemake sees neither edits of the modules that a rule's script imports nor edits of the script
that left it with an older time. So the digest of both is a part of a job's key
(`whysgd.base.keys`).
The list of modules is read off the import statements, so nobody has to remember to extend it.
"""

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_SCRIPTS = _PACKAGE.parent / "scripts"
# Import statements by their form, since parsing a hundred files took every job a third of a second.
# A statement that is quoted in a docstring would only add a file too many.
_IMPORT = re.compile(r"^[ \t]*(?:from (\w[\w.]*) import (\([^)]*\)|.*)|import (.*))", re.MULTILINE)
_NAME = re.compile(r"\w[\w.]*")
# Comments and strings; strings first have to be known, since a comment's sign may stand in them.
_PIECE = re.compile(
    r'(?P<comment>#[^\n]*)|(?P<triple>"""(?:[^"\\]|\\.|"(?!""))*"""|'
    r"'''(?:[^'\\]|\\.|'(?!''))*''')"
    r'|"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'",
    re.DOTALL,
)
_LINE_ENDS = re.compile(r"[ \t]*\n(?:[ \t]*\n)*")
_BEGINS_A_LINE = re.compile(r"[ \t]*\Z")
_ENDS_A_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


def script_digest(script: str, *modules: str, without: Iterable[str] = ()) -> str:
    """Digest of a rule's script, of modules that it finds by name, and of all that these import.

    Args:
        script: name of a file in `workflow/scripts`.
        modules: dotted names.
        without: as for `module_files`.
    """
    files = [_SCRIPTS / script, *(path for name in modules for path in _sources(name))]
    return files_digest(imported_files(*files, without=without))


def own_digest(script: str) -> str:
    """Digest of a rule's script alone, for a rule that tells by other means what it imports."""
    return files_digest([_SCRIPTS / script])


def module_files(*names: str, without: Iterable[str] = ()) -> list[Path]:
    """Source files of the named modules of this package and of all they import from it.

    Args:
        names: dotted names such as "whysgd.training.loop".
        without: modules, or packages with all that they hold, whose import is not followed.

    Returns:
        Paths, sorted. Imports inside functions count too.

    Raises:
        ValueError: no such module.
    """
    files = [path for name in names for path in _sources(name)]
    return imported_files(*files, without=without)


def imported_files(*files: Path, without: Iterable[str] = ()) -> list[Path]:
    """The given source files and all that they import from this package, directly or not.

    What is given is there in any case; what it imports is followed but for what is left out.
    """
    closed = tuple(without)
    pending, found = list(files), set(files)
    while pending:
        for path in _imported(pending.pop()):
            if path not in found and not _is_in(module_name(path), closed):
                found.add(path)
                pending.append(path)
    return sorted(found)


def files_digest(paths: Iterable[Path]) -> str:
    """SHA-256 of what some source files say; the first 16 hexadecimal digits.

    Each is known by its place in the workflow's folder, wherever that is. Order and repetition
    change nothing.
    """
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        place = path.relative_to(_PACKAGE.parent).as_posix()
        content = _normal_form(path)
        digest.update(f"{place} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def module_name(path: Path) -> str:
    """Dotted name of a module of this package; of a package for its `__init__.py`."""
    parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def normal_form(source: str) -> str:
    """Python source without what changes nothing: comments, docstrings, empty lines.

    It is made of the text, not of Python's syntax tree: ten times faster, and the same under every
    version of Python. A reordered or reformatted line is another text.
    """
    kept: list[str] = []
    code = ""  # since the last string that was kept
    end, last = 0, ""  # of what has been read: its end, and its last character that is not white
    for piece in _PIECE.finditer(source):
        between, end = source[end : piece.start()], piece.end()
        code, last = code + between, between.rstrip()[-1:] or last
        if piece["comment"] or (piece["triple"] and last in (":", "") and _is_alone(source, piece)):
            continue
        kept += [_LINE_ENDS.sub("\n", code), piece.group()]
        code, last = "", '"'
    kept.append(_LINE_ENDS.sub("\n", code + source[end:]))
    return "".join(kept).strip("\n")


def _is_alone(source: str, piece: re.Match[str]) -> bool:
    """Whether a string stands on lines of its own, as docstrings do."""
    begins = _BEGINS_A_LINE.match(source, source.rfind("\n", 0, piece.start()) + 1, piece.start())
    return bool(begins and _ENDS_A_LINE.match(source, piece.end()))


def _is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def _normal_form(path: Path) -> bytes:
    return normal_form(path.read_text(encoding="utf-8")).encode()


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
