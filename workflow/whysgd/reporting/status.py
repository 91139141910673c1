"""What is done, running, waiting, diverged and failed, read from the files of a scale's results.

Nothing is asked of Snakemake, of a queue or of a process, so it works on any machine that sees
the results folder, while the workflow runs and when it does not.
"""

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from whysgd.base.layout import Results
from whysgd.base.powers import format_number
from whysgd.config.settings import ScaleSettings, Settings
from whysgd.runs.figures import FigureSpec
from whysgd.runs.grid import Jobs
from whysgd.spec.ensemble import Ensemble
from whysgd.studies.registry import STUDIES, claims_of_all
from whysgd.training.job.live import LIVE_FILE, LIVE_SECONDS

State = Literal["failed", "silent", "running", "begun", "stopped", "waiting", "done"]
_WORTH_A_LINE: tuple[State, ...] = ("failed", "silent", "running", "begun", "stopped")
_COUNTED: tuple[State, ...] = ("done", "running", "begun", "waiting", "stopped", "silent", "failed")
_MOST_LINES = 6  # of a failed job's log
_SILENCE = 12 * LIVE_SECONDS  # after which a job has probably been killed
_ERROR = re.compile(r"^[\d-]{10} [\d:]{8} (error: |failed$)", re.MULTILINE)


@dataclass(frozen=True)
class JobStatus:
    """One job.

    Attributes:
        name: run id of a training job, else rule and name.
        state: silent: it was running, and has not said so for minutes; stopped: by a signal, and
            it goes on from a checkpoint; begun: a job that trains nothing, which says no more.
        text: what there is to say of it, in one line.
        log: last lines of the log of a failed job.
        diverged: members that stopped being finite, by learning rate and coefficient.
    """

    name: str
    state: State
    text: str = ""
    log: tuple[str, ...] = ()
    diverged: tuple[str, ...] = ()


def print_status(settings: Settings, jobs: Jobs) -> None:
    """Prints how a scale's jobs are doing; the default target's, and others that have begun."""
    now = time.time()
    training = [
        training_status(settings.folder, ensemble, now)
        for ensemble in _chosen(settings, jobs).values()
    ]
    others = other_jobs(settings)
    lines = status_lines(training, others)
    print(f"{settings.folder} at {datetime.fromtimestamp(now):%Y-%m-%d %H:%M:%S}")
    print("\n".join(lines))


def status_lines(training: Sequence[JobStatus], others: Mapping[str, JobStatus]) -> list[str]:
    """The report: what needs attention and what is running first, then counts."""
    lines = []
    for state in _WORTH_A_LINE:
        for job in (*training, *others.values()):
            if job.state == state:
                lines += [f"  {state:8} {job.name}  {job.text}".rstrip()]
                lines += [f"           | {line}" for line in job.log]
    lines += [
        f"  diverged {job.name}  {', '.join(job.diverged)}" for job in training if job.diverged
    ]
    kinds: dict[str, list[JobStatus]] = {}
    if training:
        kinds["training jobs"] = list(training)
    for name, job in others.items():
        kinds.setdefault(name.partition("/")[0], []).append(job)
    width = max(map(len, kinds), default=0)
    return [*(f"{kind:{width}}  {_counts(of_kind)}" for kind, of_kind in kinds.items()), *lines]


def training_status(folder: Path, ensemble: Ensemble, now: float) -> JobStatus:
    """How one training job is doing.

    Args:
        folder: of the scale's results.
        ensemble: that the job trains.
        now: seconds since 1970.
    """
    name, results = ensemble.run_id, Results(folder)
    history = Path(results.history(name))
    if history.is_file() and Path(results.ensemble(name)).is_file():
        return JobStatus(name, "done", diverged=_diverged(history, ensemble))
    live = _read_live(Path(results.checkpoints(name)) / LIVE_FILE)
    log = Path(results.log(f"train/{name}"))
    if live is None:
        failed = _failed(log)
        return JobStatus(name, "failed" if failed else "waiting", log=failed)
    where = _position(live, ensemble, now)
    silence = now - live.get("written", 0)
    if live["state"] == "failed":
        return JobStatus(name, "failed", where, log=_last_lines(log))
    if live["state"] == "stopped":
        return JobStatus(name, "stopped", f"{where}; goes on when started again")
    if silence > _SILENCE:
        since = datetime.fromtimestamp(live.get("written", 0))
        text = f"{where}; no sign of life since {since:%Y-%m-%d %H:%M:%S} on {live.get('host')}"
        return JobStatus(name, "silent", text, log=_last_lines(log))
    return JobStatus(name, "running", f"{where} on {live.get('host')}")


def other_jobs(settings: Settings) -> dict[str, JobStatus]:
    """The jobs of the default target that train nothing, by rule and name."""
    results, scale = Results(settings.folder), settings.scale
    files = {f"prepare_dataset/{name}": results.data(name) for name in scale.datasets}
    files |= {f"table/{figure.name}": results.table(figure.name) for figure in _trained(scale)}
    for study in STUDIES:
        for job in study.computations_at(scale):
            files[f"{study.name}/{job.name}"] = results.table(job.tables[-1].name)
    for study in STUDIES:
        for figure in study.figures_at(scale):
            if figure.default:
                files[f"figure/{figure.name}"] = results.figure(figure.name, "pdf")
    files["claims"] = results.claims("csv")
    return {
        name: _other_status(name, Path(results.log(name)), Path(output))
        for name, output in files.items()
    }


def _other_status(name: str, log: Path, output: Path) -> JobStatus:
    if output.is_file():
        return JobStatus(name, "done")
    if not log.is_file():
        return JobStatus(name, "waiting")
    failed = _failed(log)
    since = datetime.fromtimestamp(log.stat().st_mtime)
    return JobStatus(name, "failed" if failed else "begun", f"at {since:%H:%M:%S}", log=failed)


def _chosen(settings: Settings, jobs: Jobs) -> dict[str, Ensemble]:
    """Training jobs of the default target, and those that have left something on disk."""
    scale = settings.scale
    if settings.tables_from is not None:
        return {}
    needed = {
        run_id
        for figure in _trained(scale)
        for run_id in jobs.run_ids(figure.points(scale), scale.runs.seeds)
    }
    results = Results(settings.folder)

    def begun(name: str) -> bool:
        left = (results.checkpoints(name), results.log(f"train/{name}"))
        return Path(results.history(name)).parent.exists() or any(map(os.path.exists, left))

    return {name: job for name, job in jobs.ensembles.items() if name in needed or begun(name)}


def _trained(scale: ScaleSettings) -> list[FigureSpec]:
    """The figures whose runs the default target trains."""
    judged = claims_of_all().figures
    return [figure for study in STUDIES for figure in study.trained_at(scale, judged)]


def _read_live(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "state" in content else None


def _position(live: Mapping[str, Any], ensemble: Ensemble, now: float) -> str:
    """Epoch, speed, best accuracy, divergence and time left, as far as they are known."""
    if "epoch" not in live:
        return "starting"
    parts = [f"epoch {live['epoch']:.1f}/{ensemble.program.num_epochs:g}"]
    if live["updates_per_second"]:
        parts.append(f"{live['updates_per_second']:.0f} updates/s in all")
    if live["best_test_accuracy"] is not None:
        parts.append(f"best test accuracy {live['best_test_accuracy']:.4f}")
    if live["diverged"]:
        parts.append(f"{live['diverged']} of {len(ensemble.members)} diverged")
    if live["state"] == "running" and live["seconds_left"] is not None:
        left = max(0.0, live["seconds_left"] - (now - live["written"]))
        parts.append(f"{timedelta(seconds=round(left))} left")
    return ", ".join(parts)


def _diverged(history: Path, ensemble: Ensemble) -> tuple[str, ...]:
    """Points of a finished job at which members diverged, each with their number."""
    columns, *rows = history.read_text(encoding="utf-8").splitlines()
    places = {name: place for place, name in enumerate(columns.split(","))}
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows[-len(ensemble.members) :]:  # the last evaluation
        values = row.split(",")
        if float(values[places["diverged_at"]]) >= 0:
            axes = ("learning_rate", "reg_coefficient")
            rate, coefficient = (format_number(float(values[places[key]])) for key in axes)
            counts[rate, coefficient] += 1
    return tuple(
        f"{count} at learning_rate {rate}"
        + (f", reg_coefficient {coefficient}" if coefficient != "0" else "")
        for (rate, coefficient), count in counts.items()
    )


def _failed(log: Path) -> tuple[str, ...]:
    """Last lines of a log that ends in an error; none where it does not."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return _last_lines(log) if _ERROR.search(text) else ()


def _last_lines(log: Path) -> tuple[str, ...]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ("no log",)
    return tuple(lines[-_MOST_LINES:])


def _counts(jobs: Iterable[JobStatus]) -> str:
    """Such as "16: 3 done, 2 running, 11 waiting"."""
    found = list(jobs)
    counts = Counter(job.state for job in found)
    parts = [f"{counts[state]} {state}" for state in _COUNTED if counts[state]]
    return f"{len(found)}: {', '.join(parts)}"
