"""The verdicts as a table: CSV with raw numbers, Markdown and HTML with readable ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from whysgd.base.powers import format_number
from whysgd.claims.kinds import Unit
from whysgd.claims.records import Region
from whysgd.claims.verdicts import Judgement, Verdict
from whysgd.reporting.html import page as html_page
from whysgd.reporting.html import text
from whysgd.spec.paper import PaperValue

_HEADINGS = ("where", "claim", "measured", "true if", "paper", "verdict")
_NOUNS: Mapping[Unit, str] = {
    "accuracy": "",
    "log2": "factor ",
    "ratio": "ratio ",
    "slope": "slope ",
}


@dataclass(frozen=True)
class ReportContext:
    """What a report says beside the verdicts.

    Attributes:
        scale: name of the scale.
        confidence: of the intervals.
        paper: values that claims show, by claim and by key, such as "figure2a.ratio_of_optima".
    """

    scale: str
    confidence: float
    paper: Mapping[str, Mapping[str, PaperValue]]


def claims_table(judgements: Sequence[Judgement], context: ReportContext) -> pd.DataFrame:
    """One row for each claim, numbers as they are: accuracies as fractions, `log2` as exponents.

    Ends of intervals are empty where they are infinite; `seeds` and `points` are 0 where nothing
    was read.
    """
    rows = [
        {
            "claim": found.name,
            "verdict": str(found.verdict),
            "reason": found.reason,
            "value": found.estimate.value,
            "low": found.estimate.low,
            "high": found.estimate.high,
            "unit": found.claim.statistic.unit,
            "above": found.claim.holds.above,
            "at_least": found.claim.holds.at_least,
            "below": found.claim.holds.below,
            "at_most": found.claim.holds.at_most,
            "statistic": found.claim.statistic.kind,
            "figure": found.claim.figure,
            "seeds": found.seeds,
            "points": found.estimate.points,
            "paper": _paper_text(found, context),
            "where": found.claim.where,
            "statement": found.claim.statement,
            "because": found.claim.because,
        }
        for found in judgements
    ]
    return pd.DataFrame(rows).replace([np.inf, -np.inf], np.nan)


def markdown(judgements: Sequence[Judgement], context: ReportContext) -> str:
    """A summary and a table, for a page that has a heading already."""
    lines = [_summary(judgements, context), "", _row(_HEADINGS), _row(["---"] * len(_HEADINGS))]
    for found in judgements:
        verdict = f"**{found.verdict}**"
        if found.verdict is Verdict.UNDECIDED:
            verdict += f": {found.reason}"
        cells = (
            found.claim.where,
            found.claim.statement,
            measured_text(found),
            region_text(found.claim.holds, found.claim.statistic.unit),
            _paper_text(found, context),
            verdict,
        )
        lines.append(_row([cell.replace("|", r"\|") for cell in cells]))
    return "\n".join(lines) + "\n"


def page(judgements: Sequence[Judgement], context: ReportContext) -> str:
    """One HTML page that needs no other file, with a table for each section of the paper."""
    title = f"Claims of the paper at scale {context.scale}"
    body = [f"<p>{text(_summary(judgements, context))}</p>"]
    for heading, group in groupby(judgements, key=lambda found: _heading(found.name)):
        body.append(f"<h2>{text(heading)}</h2>\n<table>")
        cells = "".join(f"<th>{heading}</th>" for heading in _HEADINGS[1:])
        body.append(f"<tr>{cells}</tr>")
        body += [_html_row(found, context) for found in group]
        body.append("</table>")
    return html_page(title, body)


def measured_text(found: Judgement) -> str:
    """The number and its interval, such as "0.85 % [0.41, 1.2]"; empty where there is none."""
    number, unit = found.estimate, found.claim.statistic.unit
    if not np.isfinite(number.value):
        return ""
    ends = ", ".join(_plain(end, unit) for end in (number.low, number.high))
    return f"{_number(number.value, unit)} [{ends}]"


def region_text(holds: Region, unit: Unit) -> str:
    """Where the number must lie, such as "above 0.1 %" or "factor 0.5 to 2"."""
    names = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}
    given = {end: getattr(holds, end) for end in names if getattr(holds, end) is not None}
    if set(given) == {"at_least", "at_most"}:
        words = f"{_plain(given['at_least'], unit)} to {_number(given['at_most'], unit)}"
    else:
        words = " and ".join(f"{names[end]} {_number(value, unit)}" for end, value in given.items())
    return f"{_NOUNS[unit]}{words}"


def _plain(value: float, unit: Unit) -> str:
    """A number without its unit: accuracies in percent, powers of two as factors."""
    if np.isinf(value):
        return "0" if value < 0 and unit == "log2" else "-∞" if value < 0 else "∞"
    if unit == "accuracy":
        return f"{100 * value:.4g}" if abs(value) >= 0.1 else f"{100 * value:.2g}"
    return f"{2**value:.3g}" if unit == "log2" else f"{value:.4g}"


def _number(value: float, unit: Unit) -> str:
    return f"{_plain(value, unit)} %" if unit == "accuracy" else _plain(value, unit)


def _paper_text(found: Judgement, context: ReportContext) -> str:
    values = context.paper.get(found.name, {})
    return "; ".join(
        f"{key.split('.')[1].replace('_', ' ')} {_value_text(value)} ({value.provenance})"
        for key, value in values.items()
    )


def _value_text(paper: PaperValue) -> str:
    values = paper.value if isinstance(paper.value, tuple) else (paper.value,)
    return ", ".join(v if isinstance(v, str) else _short(v) for v in values)


def _short(value: float) -> str:
    return f"{value:g}" if value >= 1 else format_number(value)


def _summary(judgements: Sequence[Judgement], context: ReportContext) -> str:
    counts = Counter(found.verdict for found in judgements)
    numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    return (
        f"{len(judgements)} claims at scale {context.scale}: {numbers}. Brackets are "
        f"{100 * context.confidence:g} % intervals."
    )


def _heading(name: str) -> str:
    """Figure 3 for "figure3a_collapse", else the first word."""
    word = name.split("_")[0].rstrip("abc")
    number = word.removeprefix("figure")
    return f"Figure {number}" if number.isdigit() else word.capitalize()


def _html_row(found: Judgement, context: ReportContext) -> str:
    unit = found.claim.statistic.unit
    style = str(found.verdict).split()[0]
    size = f"{found.seeds} seeds, {found.estimate.points} points" if found.seeds else ""
    cells = (
        f"<td>{text(found.claim.statement)}<br><small>{text(found.claim.where)}</small></td>",
        f'<td class="number">{text(measured_text(found))}<br><small>{size}</small></td>',
        f"<td>{text(region_text(found.claim.holds, unit))}"
        f"<br><small>{text(found.claim.because)}</small></td>",
        f"<td>{text(_paper_text(found, context))}</td>",
        f'<td><span class="verdict {style}">{text(found.verdict)}</span>'
        f"<br><small>{text(found.reason)}</small></td>",
    )
    return f'<tr id="{text(found.name)}">{"".join(cells)}</tr>'


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
