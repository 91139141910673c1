"""The pages: a table of numbers for each figure, the costs, the configuration, the provenance."""

import base64
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import yaml

from whysgd.base.powers import format_number
from whysgd.reporting.html import page, table, text

_MOST_ROWS = 400  # of a table on a page; the file that the page offers holds all


def figure_page(name: str, numbers: pd.DataFrame, scale: str) -> str:
    """The numbers that a figure shows, and those beside them: one row for each point.

    Args:
        name: of the figure.
        numbers: its tidy table (see `whysgd.runs.tables`).
        scale: name of the scale.
    """
    body = [_download(f"{name}.csv", numbers)]
    for panel, rows in numbers.groupby("panel"):
        body.append(f"<h2>({text(panel)})</h2>")
        body += [_curves(part, str(x_name)) for x_name, part in rows.groupby("x_name", sort=False)]
    return page(f"Numbers of {name} at scale {scale}", body)


def table_page(name: str, numbers: pd.DataFrame, scale: str) -> str:
    """Any table as it is, its numbers with five digits."""
    shown = numbers.head(_MOST_ROWS)
    body = [_download(f"{name}.csv", numbers)]
    if len(shown) < len(numbers):
        body.append(f"<p>The first {len(shown)} of {len(numbers)} rows; the file has all.</p>")
    rows = [[_number(value) for value in row] for row in shown.itertuples(index=False)]
    return page(
        f"Table {name} at scale {scale}",
        [*body, table([str(c).replace("_", " ") for c in numbers.columns], rows, "dense")],
    )


def cost_page(costs: pd.DataFrame, scale: str) -> str:
    """What each figure costs."""
    headings = ("figure", "jobs", "runs", "updates", "training or computing", "drawing")
    rows = [
        [
            row["figure"],
            str(row["jobs"]),
            _count(row["runs"]),
            _count(row["updates"]),
            _duration(row["computing_seconds"]),
            _duration(row["drawing_seconds"]),
        ]
        for row in costs.to_dict("records")
    ]
    body = [_download("costs.csv", costs), table(headings, rows, "narrow")]
    return page(f"Cost of each figure at scale {scale}", body)


def configuration_page(record: Mapping[str, Any]) -> str:
    """All settings of the scale, as they were checked, and their hashes."""
    hashes = [("the whole scale", record["configuration"]), *record["figures"].items()]
    settings = yaml.safe_dump(
        record["settings"], sort_keys=False, default_flow_style=None, width=100
    )
    return page(
        f"Configuration of scale {record['scale']}",
        [
            "<h2>Hashes</h2>",
            "<p>Each figure's file names the hash of the settings that it depends on.</p>",
            table(("settings of", "hash"), hashes, "narrow"),
            "<h2>Settings</h2>",
            f"<pre>{text(settings)}</pre>",
        ],
    )


def provenance_page(record: Mapping[str, Any]) -> str:
    """Where the results come from."""
    rows = [
        ("written", record["written"]),
        ("commit", _plain(record["commit"] or record.get("why_unknown"))),
        ("newest commit of the code", _plain(record["code_commit"])),
        ("files as committed", _plain(record["clean"])),
        *(
            (f"seeds of {study}", ", ".join(map(str, seeds)))
            for study, seeds in record["seeds"].items()
        ),
        *((f"SHA-256 of {name}", digest) for name, digest in record["locks"].items()),
    ]
    body = [
        table(("what", "value"), rows, "narrow"),
        "<h2>Machines</h2>",
        _records(record["hardware"]),
        "<h2>Commits that jobs ran at</h2>",
        _records(record["jobs_by_commit"]),
        "<h2>How jobs ran</h2>",
        "<p>Besides code, packages and machine, bits may depend on these.</p>",
        _records(record.get("jobs_by_execution", [])),
        "<h2>Versions</h2>",
        table(("package", "version"), list(record["versions"].items()), "narrow"),
        "<h2>Data</h2>",
        _records([{"data set": name, **data} for name, data in record["data"].items()]),
        "<h2>Time of all jobs together</h2>",
        table(
            ("jobs", "time"),
            [(kind, _duration(seconds)) for kind, seconds in record["seconds"].items()],
            "narrow",
        ),
    ]
    if "tables_from" in record:
        source = record["tables_from"]
        body += [
            "<h2>Tables</h2>",
            f"<p>Nothing was trained here: tables are those of <code>{text(source['archive'])}"
            "</code>, whose own record says:</p>",
            f"<pre>{text(json.dumps(source['provenance'], indent=2))}</pre>",
        ]
    return page(f"Provenance of scale {record['scale']}", body)


def _curves(rows: pd.DataFrame, x_name: str) -> str:
    """One line for each position of each curve; a column for each metric."""
    of_point = [column for column in rows.columns if column not in ("metric", "mean", "std")]
    metrics = list(dict.fromkeys(rows["metric"]))
    lines = []
    for _, point in rows.groupby(of_point, sort=False, dropna=False):
        by_metric = {row["metric"]: row for row in point.to_dict("records")}
        cells = [_mean(by_metric[name]) if name in by_metric else "" for name in metrics]
        first = point.iloc[0]
        runs = f"{first['kept']} of {first['total']}"
        x = float(first["x"])
        shown = _number(x) if x_name.startswith("epoch") else format_number(x)
        lines.append([str(first["series"]), shown, *cells, runs, str(first["diverged"])])
    names = [f"{n.replace('_', ' ')}{', %' if 'accuracy' in n else ''}" for n in metrics]
    headings = ("series", x_name.replace("_", " "), *names, "kept", "diverged")
    return table(headings, lines, "dense")


def _mean(row: Mapping[Hashable, Any]) -> str:
    """Mean and standard deviation, accuracies in percent; a tuned value as a power."""
    mean, std = row["mean"], row["std"]
    if not np.isfinite(mean):
        return "not finite" if row["kept"] else "diverged"
    if str(row["metric"]).startswith("best_"):
        return _tuned(row)
    if "accuracy" in row["metric"]:
        return f"{100 * mean:.2f}" + (f" ± {100 * std:.2f}" if np.isfinite(std) else "")
    return f"{mean:.4g}" + (f" ± {std:.2g}" if np.isfinite(std) else "")


def _tuned(row: Mapping[Hashable, Any]) -> str:
    """The best value of a grid, the range of those as good, and whether the grid ends there."""
    best, low, high = (float(row[key]) for key in ("mean", "tuned_low", "tuned_high"))
    span = (
        f" ({format_number(low)} to {format_number(high)})"
        if np.isfinite([low, high]).all()
        else ""
    )
    return format_number(best) + span + (", end of the grid" if row["at_edge"] == 1 else "")


def _records(records: Sequence[Mapping[str, Any]]) -> str:
    """Records with the same keys, or nearly so, as a table."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    rows = [[_plain(record.get(key, "")) for key in keys] for record in records]
    return table([key.replace("_", " ") for key in keys], rows)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}" if np.isfinite(value) else ""
    return str(value)


def _count(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else ""


def _duration(seconds: float) -> str:
    """Seconds, minutes or hours, whichever needs few digits."""
    if not np.isfinite(seconds):
        return "unknown"
    units = ((1, "s", 100), (60, "min", 100), (3600, "h", np.inf))
    return next(f"{seconds / n:.1f} {unit}" for n, unit, most in units if seconds / n < most)


def _download(name: str, numbers: pd.DataFrame) -> str:
    """The whole table as a file inside the page."""
    content = base64.b64encode(numbers.to_csv(index=False, lineterminator="\n").encode()).decode()
    uri = f"data:text/csv;base64,{content}"
    return f'<p><a href="{uri}" download="{text(name)}">{text(name)}</a></p>'
