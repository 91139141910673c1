"""The tables of docs/performance.md: a pure function of the JSON files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from whysgd.base.errors import UserError
from whysgd.base.files import write_text
from whysgd.benchmarks.interleave import Summary, paired_ratio, summary
from whysgd.benchmarks.records import RowRecord, read_record, read_rows
from whysgd.benchmarks.roster import ENTRANTS, OURS
from whysgd.benchmarks.rows import KINDS, program_of
from whysgd.benchmarks.suite import FIGURES
from whysgd.benchmarks.targets import Figures, targets
from whysgd.spec.operations import update_cost

BEGIN, END = "<!-- begin: written by make benchmark -->", "<!-- end -->"
_KINDS = {"plain": "plain", "penalty": "penalty", "n4": "n = 4"}
_TITLES = {entrant.name: entrant.title for entrant in ENTRANTS}


def performance_lines(folder: Path) -> list[str]:
    """All that stands between the markers, from whatever has been measured.

    Raises:
        UserError: nothing has.
    """
    rows = read_rows(folder)
    figures = {name: found for name in FIGURES if (found := read_record(folder, name))}
    if not rows and not figures:
        raise UserError(f"{folder}: holds no measurements; run `make benchmark`")
    sections = [
        _machine([*(row.content for row in rows), *figures.values()]),
        ["### Figures", "", *_figure_table(rows, figures)],
    ]
    if rows:
        sections += [
            ["### Speed", "", *_speed_table(rows)],
            ["### Against the fastest", "", *_ratio_table(rows)],
            ["### Compilation", "", *_compilation_table(rows)],
            ["### Operations", "", *_operations_table(rows)],
        ]
    if "methods" in figures:
        sections.append(["### Penalty methods", "", *_methods_table(figures["methods"])])
    lines = [""]
    for section in sections:
        lines += [*section, ""]
    return lines


def update_document(path: Path, lines: Sequence[str]) -> None:
    """Replaces what stands between the markers of a document.

    Raises:
        UserError: the document cannot be read or has no such markers.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{path}: needs the lines {BEGIN!r} and {END!r}, in this order")
    write_text(path, "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]))


def _machine(contents: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the timings were taken on; more than one line where files come from several runs."""
    lines = []
    for content in contents:
        machine = content["machine"]
        versions = ", ".join(f"{name} {v}" for name, v in content["versions"].items())
        lines.append(
            f"- {machine['processor']}, {machine['cores']} cores, {machine['system']}, "
            f"Python {machine['python']}; {versions}; {content['threads']} thread; "
            f"commit {content['commit']}; {content['effort']['rounds']} rounds of "
            f"{content['effort']['seconds']:g} s"
        )
    return list(dict.fromkeys(lines))


def _figure_table(rows: Sequence[RowRecord], figures: Figures) -> list[str]:
    lines = [_line("figure", "reach", "measured", "met"), _rule(4)]
    for target in targets(rows, figures):
        lines.append(_line(target.figure, target.reach, target.measured, _met(target.met)))
    return lines


def _met(met: bool | None) -> str:
    return "not all measured" if met is None else "yes" if met else "**no**"


def _speed_table(rows: Sequence[RowRecord]) -> list[str]:
    """Microseconds of an update and run by each contestant."""
    lines = [
        "Microseconds of one update of one run: median (quartiles) of processor time.",
        "",
        _line("network", "members", "update", *_TITLES.values()),
        _rule(3 + len(_TITLES)),
    ]
    for record in rows:
        for kind in KINDS:
            cells = [
                _microseconds(record.update_seconds(kind, name))
                if name in record.contestants(kind)
                else ""
                for name in _TITLES
            ]
            lines.append(_line(*_where(record, kind), *cells))
    return lines


def _ratio_table(rows: Sequence[RowRecord]) -> list[str]:
    """How ours compares, round by round."""
    lines = [
        "Ratios of times within rounds: median (quartiles); below 1, ours is faster.",
        "",
        _line("network", "members", "update", "ours / faster of JAX, PyTorch", "ours / Keras fit"),
        _rule(5),
    ]
    for record in rows:
        for kind in KINDS:
            cells = []
            for names in (("jax", "torch"), ("keras",)):
                found = record.against_peers(kind, *names)
                peer = "" if found is None or len(names) == 1 else f" {_TITLES[found[1]]}"
                cells.append("" if found is None else f"{_ratio(found[0])}{peer}")
            lines.append(_line(*_where(record, kind), *cells))
    return lines


def _compilation_table(rows: Sequence[RowRecord]) -> list[str]:
    """Seconds before the first update, and the options that were fastest."""
    lines = [
        "Seconds of the first call beyond those of the second, and the fastest options.",
        "",
        _line("network", "members", "update", *_TITLES.values()),
        _rule(3 + len(_TITLES)),
    ]
    for record in rows:
        for kind in KINDS:
            timed = record.content["kinds"][kind]
            cells = []
            for name in _TITLES:
                options = timed.get(name, {}).get("options", {})
                shown = ", ".join(f"{key}={value}" for key, value in options.items())
                seconds = max(0.0, timed[name]["compile_seconds"]) if name in timed else 0.0
                cells.append(f"{seconds:.1f} {shown}".strip() if name in timed else "")
            lines.append(_line(*_where(record, kind), *cells))
    return lines


def _operations_table(rows: Sequence[RowRecord]) -> list[str]:
    """Operations and bytes an update needs, and the rate that ours reaches."""
    lines = [
        "Of one update of one run; the rates are of our plain and penalty updates.",
        "",
        _line(
            *("network", "members", "parameters", "MFLOP plain", "MFLOP penalty", "MB plain"),
            *("MB penalty", "GFLOP/s plain", "GFLOP/s penalty", "clock / processor time"),
        ),
        _rule(10),
    ]
    for record in rows:
        cost = update_cost(program_of(record.row.workload, "penalty"))
        seconds = {
            kind: summary(record.update_seconds(kind, OURS.name)).median
            for kind in ("plain", "penalty")
        }
        lines.append(
            _line(
                record.row.workload.title,
                str(record.row.members),
                f"{cost.parameters:,}",
                *(f"{value / 1e6:.3g}" for value in (cost.plain, cost.penalty)),
                *(f"{value / 1e6:.3g}" for value in (cost.plain_bytes, cost.penalty_bytes)),
                f"{cost.plain / seconds['plain'] / 1e9:.3g}",
                f"{cost.penalty / seconds['penalty'] / 1e9:.3g}",
                f"{record.waiting():.2f}",
            )
        )
    return lines


def _methods_table(content: Mapping[str, Any]) -> list[str]:
    """Costs and errors of the methods for the penalty's gradient."""
    costs, errors = content["costs"], content["errors"]
    labels = list(dict.fromkeys(label for found in errors.values() for label in found))
    lines = [
        "Time of an update over that of a plain one, within rounds: median (quartiles). And the "
        "relative error of the penalty's gradient in float32 on one minibatch of digits.",
        "",
        _line(
            "method, radius", *(f"cost, {row}" for row in costs), *(f"error, {n}" for n in errors)
        ),
        _rule(1 + len(costs) + len(errors)),
    ]
    for label in labels:
        method = label.split()[0]
        cells = [
            _ratio(paired_ratio(seconds[method], seconds["plain"])) if method in seconds else ""
            for seconds in costs.values()
        ]
        cells += [f"{found[label]:.1g}" if label in found else "" for found in errors.values()]
        lines.append(_line(label, *cells))
    return lines


def _where(record: RowRecord, kind: str) -> tuple[str, str, str]:
    return record.row.workload.title, str(record.row.members), _KINDS[kind]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return _line(*["---"] * columns)


def _microseconds(seconds: Sequence[float]) -> str:
    found = Summary(*(value * 1e6 for value in summary(seconds)))
    digits = [f"{value:.0f}" if value >= 100 else f"{value:.3g}" for value in found]
    return f"{digits[0]} ({digits[1]} to {digits[2]})"


def _ratio(found: Summary) -> str:
    return f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
