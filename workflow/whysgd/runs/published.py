"""Published tables, looked at before anything is drawn from them.

A checksum says that a file is the one that its archive was made with, not that it is a table.
"""

import io
import json
import re

import pandas as pd
from pandas.api.types import is_numeric_dtype

from whysgd.base.errors import UserError
from whysgd.config.archive import COSTS, PROVENANCE, Archive
from whysgd.runs.tables import MEAN_COLUMNS, RUN_COLUMNS

# Columns of words in the tables of figures of runs, and of costs; their other columns are numbers.
_WORDS = {"panel", "series", "x_name", "metric", "figure", "curve", "by", "score", "run_id"}


def checked_content(archive: Archive, name: str) -> bytes:
    """A file of an archive that holds what a file of its name must hold.

    Args:
        archive: where it is.
        name: tables/NAME.csv, `COSTS` or `PROVENANCE`.

    Raises:
        UserError: it is missing, changed, empty, no table of numbers and words, or has other
            columns; names archive and file.
    """
    content = archive.read(name)
    try:
        if name == PROVENANCE:
            _check_record(content)
        else:
            _check_table(content, name, _columns(archive, name))
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{archive.path}: {name}: {reason}; get the archive anew") from error
    return content


def _columns(archive: Archive, name: str) -> tuple[str, ...]:
    """Columns that a table must have; none: those that its figure reads, which names them."""
    if name.endswith("_runs.csv"):
        return RUN_COLUMNS
    of_runs = f"{name.removesuffix('.csv')}_runs.csv" in archive.checksums
    return MEAN_COLUMNS if of_runs else ()


def _check_record(content: bytes) -> None:
    record = json.loads(content)
    if not isinstance(record, dict) or "configuration" not in record:
        raise ValueError("not a provenance record")


def _check_table(content: bytes, name: str, columns: tuple[str, ...]) -> None:
    if b"\0" in content:
        raise ValueError("not a table: it holds binary data")
    table = pd.read_csv(io.BytesIO(content))  # errors of its own are ValueErrors
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; it has {', '.join(table.columns)[:80]}")
    if table.empty:
        raise ValueError("no rows")
    for column in table.columns:
        if re.fullmatch(r"\w+", column) is None:
            raise ValueError(f"not a table: {column[:40]!r} is no name of a column")
        word = _stray_word(table[column], (columns or name == COSTS) and column not in _WORDS)
        if word is not None:
            raise ValueError(f"column {column}: {word!r} is not a number")


def _stray_word(column: "pd.Series[str]", of_numbers: bool) -> str | None:
    """The first value that is no number, of a column that holds numbers, or that must; or None."""
    if is_numeric_dtype(column):
        return None
    given = column[column.notna()]
    numbers = pd.to_numeric(given, errors="coerce").notna()
    if not of_numbers and not numbers.any():
        return None  # words
    return str(given[~numbers].iloc[0])[:40]
