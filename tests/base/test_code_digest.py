"""Which modules a piece of work runs, and what of their text counts."""

import ast
import io
import shutil
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from whysgd.base import code_digest
from whysgd.base.code_digest import (
    _imported,
    files_digest,
    module_files,
    module_name,
    normal_form,
    own_digest,
    script_digest,
)

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
SOURCES = sorted(WORKFLOW.rglob("*.py"))


def names(*modules: str, **options) -> set[str]:
    return {module_name(path) for path in module_files(*modules, **options)}


def test_a_module_brings_all_that_it_imports_and_their_packages():
    found = names("whysgd.models")
    assert {"whysgd", "whysgd.models", "whysgd.models.layers", "whysgd.base.randomness"} <= found


def test_what_is_left_out_brings_nothing():
    assert "whysgd.models.layers" in names("whysgd.models.builder")
    closed = names("whysgd.models.builder", without=["whysgd.models", "whysgd.spec"])
    # What was asked for is there, whatever is left out.
    assert closed == {"whysgd", "whysgd.models", "whysgd.models.builder"}
    # Of a package with a similar name, nothing is left out.
    assert "whysgd.models.layers" in names("whysgd.models.layers", without=["whysgd.model"])


def parsed_imports(path: Path) -> Iterator[str]:
    """What a file imports from the package, as Python's own parser has it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", ["whysgd", "scripts"])
def test_imports_are_those_that_python_finds(folder):
    for path in sorted((WORKFLOW / folder).rglob("*.py")):
        expected = set()
        for name in parsed_imports(path):
            base = WORKFLOW.joinpath(*name.split("."))
            packages = [p / "__init__.py" for p in base.parents if (p / "__init__.py").is_file()]
            own = [f for f in (base.with_suffix(".py"), base / "__init__.py") if f.is_file()]
            if name.split(".")[0] == "whysgd" and own:
                expected |= {*packages, *own}
        assert set(_imported(path)) == expected, path


def test_an_unknown_module_is_an_error():
    with pytest.raises(ValueError, match=r"whysgd\.nothing"):
        module_files("whysgd.nothing")


def docstring_lines(source: str) -> set[int]:
    """Lines of docstrings, as Python's own parser has them."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines |= set(range(first.lineno, first.end_lineno + 1))
    return lines


def tokens(source: str, without_lines: set[int]) -> list[tuple[str, int]]:
    """Tokens and the columns where they begin, but for comments and some lines."""
    laid_out = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    return [
        (token.string, token.start[1])
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in (*laid_out, tokenize.NEWLINE, tokenize.ENDMARKER)
        and token.start[0] not in without_lines
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(WORKFLOW).as_posix())
def test_the_normal_form_of_a_file_is_its_code(path: Path):
    source = path.read_text()
    kept = tokens(source, docstring_lines(source))
    assert tokens(normal_form(source), set()) == kept


SOURCE = '''"""A module."""

import math  # for roots

TEXT = """one # not a comment

    two:
"""


class Empty:
    """A class."""


def root(x):
    """The root.

    More of it.
    """
    # Why.
    return math.sqrt(x) + len("# no comment")
'''
BARE = '''import math

TEXT = """one # not a comment

    two:
"""

class Empty:
    "Another text."

def root(x):
    return math.sqrt(x) + len("# no comment")
'''


def test_comments_docstrings_and_empty_lines_do_not_count():
    assert normal_form(SOURCE) == normal_form(SOURCE.replace("    # Why.\n", "\n\n"))
    assert normal_form(SOURCE) == normal_form(SOURCE.replace("More of it", "Less"))
    assert normal_form(SOURCE) == normal_form(SOURCE.replace("  # for roots", ""))
    assert normal_form(SOURCE) == normal_form(SOURCE + "\n\n# The end.")
    assert normal_form(SOURCE) == normal_form(BARE).replace('    "Another text."\n', "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sqrt", "exp"),
        ("one # not", "one # nor"),  # of a string
        ("comment\n\n    two", "comment\n    two"),  # nor are empty lines in it
        ("    return", "  return"),
        ('len("# no', 'len("#  no'),
        ('TEXT = """one', 'TEXT = """ one'),
    ],
)
def test_all_else_counts(before: str, after: str):
    assert before in SOURCE
    assert normal_form(SOURCE.replace(before, after)) != normal_form(SOURCE)


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package and the scripts that digests are taken of."""
    for name in ("whysgd", "scripts"):
        shutil.copytree(WORKFLOW / name, tmp_path / "elsewhere" / name)
    for function in (code_digest._sources, code_digest._imported, code_digest._normal_form):
        monkeypatch.setattr(code_digest, function.__name__, function.__wrapped__)
    monkeypatch.setattr(code_digest, "_PACKAGE", tmp_path / "elsewhere" / "whysgd")
    monkeypatch.setattr(code_digest, "_SCRIPTS", tmp_path / "elsewhere" / "scripts")
    return tmp_path / "elsewhere"


def test_a_digest_does_not_depend_on_where_the_code_lies(moved: Path, monkeypatch):
    elsewhere = script_digest("table.py")
    monkeypatch.undo()
    assert script_digest("table.py") == elsewhere


@pytest.mark.parametrize("place", ["scripts/table.py", "whysgd/runs/store.py"])
def test_a_scripts_digest_is_of_itself_and_of_all_it_imports(moved: Path, place: str):
    before = script_digest("table.py"), own_digest("table.py"), script_digest("archive.py")
    path = moved / place
    text = path.read_text()
    path.write_text(text + "\n# A remark.\n")
    assert (script_digest("table.py"), own_digest("table.py")) == before[:2]
    path.write_text(text + "\nanother = 1\n")
    assert script_digest("table.py") != before[0]
    assert (own_digest("table.py") != before[1]) == place.startswith("scripts")
    assert script_digest("archive.py") == before[2]


def test_a_script_may_find_more_modules_by_name():
    alone, drawing = script_digest("figure.py"), script_digest("figure.py", "whysgd.data.mnist")
    assert drawing not in (alone, script_digest("figure.py", "whysgd.data.cifar"))


def test_a_module_that_is_renamed_is_another(moved: Path):
    first, second = moved / "whysgd" / "a.py", moved / "whysgd" / "b.py"
    first.write_text("x = 1\n")
    second.write_text("x = 1\n")
    assert files_digest([first]) != files_digest([second])
    assert files_digest([first, second]) == files_digest([second, first, first])
