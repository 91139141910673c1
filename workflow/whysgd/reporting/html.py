"""HTML pages that need no other file."""

import html
from collections.abc import Iterable, Sequence
from typing import Literal

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
table.narrow { width: auto; }
table.dense { font-size: .85em; }
table.dense th, table.dense td { padding: .25rem .4rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem;
         border-bottom: 1px solid #ccc; }
th { border-bottom: 2px solid #666; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
small { color: #555; }
code, pre { font-size: .9em; overflow-wrap: anywhere; white-space: pre-wrap; }
.verdict { font-weight: 600; white-space: nowrap; }
.reproduced { color: #00614a; } .not { color: #a03c00; } .undecided { color: #555; }
"""


def text(content: object) -> str:
    """Any content as text of a page."""
    return html.escape(str(content))


def page(title: str, body: Iterable[str]) -> str:
    """A whole page.

    Args:
        title: plain text, also its first heading.
        body: HTML, line by line.
    """
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{text(title)}</title>',
        f"<style>{_STYLE}</style></head>",
        "<body>",
        f"<h1>{text(title)}</h1>",
        *body,
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    look: Literal["wide", "narrow", "dense"] = "wide",
) -> str:
    """A table.

    Args:
        headings: plain text.
        rows: of cells, plain text; cells that begin with a digit or a minus are not broken.
        look: wide: as the page; narrow: as it needs to be; dense: for many columns.
    """
    lines = [
        f'<table class="{look}">',
        f"<tr>{''.join(f'<th>{text(heading)}</th>' for heading in headings)}</tr>",
    ]
    lines += [f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def _cell(content: str) -> str:
    number = ' class="number"' if content[:1].isdigit() or content[:1] == "-" else ""
    return f"<td{number}>{text(content)}</td>"
