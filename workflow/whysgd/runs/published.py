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
from whysgd.runs.tables import RUN_COLUMNS, TABLE_COLUMNS

# Columns of words, in any table; whatever else a table holds are numbers.
_WORDS = {
    *("panel", "series", "x_name", "metric", "figure"),
    *("check", "problem", "quantity", "equation", "part", "curve", "flow"),
}


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
            _check_table(content, _columns(name))
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{archive.path}: {name}: {reason}; get the archive anew") from error
    return content


def _columns(name: str) -> tuple[str, ...] | None:
    """Columns that a table must have; None: those that its figure reads, which names them."""
    if name == COSTS or name.startswith("tables/theory_"):
        return None
    return RUN_COLUMNS if name.endswith("_runs.csv") else TABLE_COLUMNS


def _check_record(content: bytes) -> None:
    record = json.loads(content)
    if not isinstance(record, dict) or "configuration" not in record:
        raise ValueError("not a provenance record")


def _check_table(content: bytes, columns: tuple[str, ...] | None) -> None:
    if b"\0" in content:
        raise ValueError("not a table: it holds binary data")
    table = pd.read_csv(io.BytesIO(content))  # errors of its own are ValueErrors
    missing = [name for name in columns or () if name not in table.columns]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}; it has {', '.join(table.columns)[:80]}")
    if table.empty:
        raise ValueError("no rows")
    for name in table.columns:
        if re.fullmatch(r"\w+", name) is None:
            raise ValueError(f"not a table: {name[:40]!r} is no name of a column")
        if name not in _WORDS and not is_numeric_dtype(table[name]):
            raise ValueError(f"column {name}: {_first_word(table[name])!r} is not a number")


def _first_word(column: "pd.Series[str]") -> str:
    """The first value of a column that is no number."""
    words = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    return str(words.iloc[0])[:40]
