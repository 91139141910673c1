"""Which of our own modules a piece of work runs, so that editing one of them redoes the work.

Snakemake sees edits of a rule's script but not of the modules that the script imports; rules
therefore name the modules as inputs. The list is read off the import statements, so nobody
has to remember to extend it.
"""

import ast
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def module_files(*names: str) -> list[str]:
    """Source files of the named modules of this package and of all they import from it.

    Args:
        names: dotted names such as "whysgd.training.loop".

    Returns:
        Paths, sorted. Imports inside functions count too.

    Raises:
        ValueError: no such module.
    """
    found: set[Path] = set()
    pending = [_source(name) for name in names]
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += _imported(path)
    return sorted(str(path) for path in found)


def _source(name: str) -> Path:
    base = _PACKAGE.parent.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    raise ValueError(f"no module {name!r} in this package")


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Files of this package that one file's import statements name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [(node.module, tuple(alias.name for alias in node.names))]
        else:
            continue
        for module, members in names:
            if module.split(".")[0] != _PACKAGE.name:
                continue
            found.append(_source(module))
            for member in members:  # `from package import module` imports a file as well
                try:
                    found.append(_source(f"{module}.{member}"))
                except ValueError:
                    continue
    return tuple(found)
