"""What the files of a scale say of its jobs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whysgd.base.errors import TrainingInterruptedError
from whysgd.base.scripting import script_log
from whysgd.cli import main
from whysgd.reporting import status
from whysgd.runs.grid import plan_jobs
from whysgd.studies.registry import read_settings
from whysgd.training.history import COLUMNS
from whysgd.training.job.live import LIVE_FILE, Live

NOW = time.time()
NUMBERS = {
    "epoch": 1.0,
    "updates_per_second": 1234.4,
    "best_test_accuracy": 0.875,
    "diverged": 2,
    "seconds_left": 65.0,
}


@pytest.fixture
def settings(tmp_path):
    return read_settings({"scale": "tiny", "results": str(tmp_path)})


@pytest.fixture
def ensemble(settings):
    return next(iter(plan_jobs(settings.scale).ensembles.values()))


def seen(settings, ensemble, now=NOW):
    return status.training_status(settings.folder, ensemble, now)


def write_live(settings, ensemble, **content):
    path = settings.folder / "checkpoints" / ensemble.run_id / LIVE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"state": "running", "written": NOW - 5, "host": "node7", **content}
    path.write_text(json.dumps(whole))


def log_of(settings, ensemble) -> Path:
    path = settings.folder / "logs" / "train" / f"{ensemble.run_id}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_history(settings, ensemble, diverged):
    folder = settings.folder / "runs" / ensemble.run_id
    folder.mkdir(parents=True)
    rows = [",".join(COLUMNS)]
    for update in (0, 10):
        for place, member in enumerate(ensemble.members):
            at = update if update and place in diverged else -1
            axes = [member.learning_rate, member.reg_coefficient, member.seed]
            rows.append(",".join(map(str, [*axes, 1.0, update, *[""] * 5, at])))
    (folder / "history.csv").write_text("\n".join(rows) + "\n")
    (folder / "ensemble.json").write_text("{}")


def test_a_job_that_has_not_begun_waits(settings, ensemble):
    assert seen(settings, ensemble).state == "waiting"


def test_a_running_job_tells_how_far_it_is(settings, ensemble):
    write_live(settings, ensemble)
    assert seen(settings, ensemble).text == "starting on node7"
    write_live(settings, ensemble, **NUMBERS)
    found = seen(settings, ensemble)
    assert found.state == "running"
    assert found.text == (
        f"epoch 1.0/2, 1234 updates/s in all, best test accuracy 0.8750, "
        f"2 of {len(ensemble.members)} diverged, 0:01:00 left on node7"
    )


def test_a_job_that_falls_silent_is_not_called_running(settings, ensemble):
    write_live(settings, ensemble, **NUMBERS, written=NOW - 1000)
    log_of(settings, ensemble).write_text("a line\nthe last line\n")
    found = seen(settings, ensemble)
    assert found.state == "silent"
    assert "no sign of life since" in found.text
    assert found.log == ("a line", "the last line")


def run_job(settings, ensemble, error):
    with (
        script_log(log_of(settings, ensemble)),
        Live(settings.folder / "checkpoints" / ensemble.run_id) as live,
    ):
        live.update(**NUMBERS)
        raise error


def test_a_failed_job_shows_the_end_of_its_log(settings, ensemble):
    with pytest.raises(RuntimeError):
        run_job(settings, ensemble, RuntimeError("no memory"))
    found = seen(settings, ensemble)
    assert found.state == "failed"
    assert found.log[-1] == "RuntimeError: no memory"
    assert "epoch 1.0/2" in found.text


def test_a_job_that_a_signal_ended_goes_on(settings, ensemble):
    with pytest.raises(SystemExit):
        run_job(settings, ensemble, TrainingInterruptedError(15, "at epoch 1.0 of 2"))
    found = seen(settings, ensemble)
    assert found.state == "stopped"
    assert "goes on when started again" in found.text


@pytest.mark.parametrize(
    ("text", "state"), [("2026-01-01 10:00:00 error: x", "failed"), ("x", "waiting")]
)
def test_a_log_alone_tells_a_failure(settings, ensemble, text, state):
    log_of(settings, ensemble).write_text(f"{text}\n")
    assert seen(settings, ensemble).state == state


def test_a_finished_job_names_its_diverged_members(settings, ensemble):
    write_live(settings, ensemble)  # left over by a kill at the very end
    write_history(settings, ensemble, diverged=())
    assert seen(settings, ensemble) == status.JobStatus(ensemble.run_id, "done")


def test_diverged_members_are_counted_by_point(settings, ensemble):
    write_history(settings, ensemble, diverged=(0, 1, len(ensemble.members) - 1))
    found = seen(settings, ensemble)
    first, last = ensemble.members[0], ensemble.members[-1]
    assert first.learning_rate != last.learning_rate
    assert found.diverged == ("2 at learning_rate 2^-4", "1 at learning_rate 2^-3")


def test_the_report_shows_what_needs_attention_and_counts(settings, capsys):
    jobs = plan_jobs(settings.scale)
    first, second, third, *_ = jobs.ensembles.values()
    write_live(settings, first, written=time.time(), **NUMBERS)
    write_history(settings, second, diverged=(0,))
    log_of(settings, third).write_text("2026-01-01 10:00:00 error: images.npz is damaged\n")
    log = settings.folder / "logs" / "table" / "figure1.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-01-01 10:00:00 failed\nTraceback\nValueError: x\n")
    status.print_status(settings, jobs)
    text = capsys.readouterr().out
    assert f"training jobs    {len(jobs.ensembles)}: 1 done, 1 running, " in text
    assert f"failed   {third.run_id}\n           | 2026-01-01 10:00:00 error: images.npz" in text
    assert f"running  {first.run_id}  epoch 1.0/2" in text
    assert f"diverged {second.run_id}  1 at" in text
    assert "table            8: 7 waiting, 1 failed" in text
    assert "           | ValueError: x" in text


def test_a_figure_that_only_a_claim_reads_is_waited_for(settings):
    assert "table/figure3_large_batch" in status.other_jobs(settings)
    assert "figure/figure3_large_batch" not in status.other_jobs(settings)
    jobs = plan_jobs(settings.scale)
    assert status._chosen(settings, jobs).keys() == jobs.ensembles.keys()


def test_extra_jobs_show_when_they_have_begun(tmp_path):
    settings = read_settings({"results": str(tmp_path)})
    jobs = plan_jobs(settings.scale)
    needed = status._chosen(settings, jobs)
    extra = min(jobs.ensembles.keys() - needed.keys())  # of figure1_wrn or the ablations
    (settings.folder / "runs" / extra).mkdir(parents=True)
    assert status._chosen(settings, jobs).keys() == {*needed, extra}


def test_the_command_is_quick_and_needs_neither_tensorflow_nor_pandas(tmp_path):
    for name in ("tensorflow", "pandas", "keras"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('imported')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "whysgd",
        "status",
        "--config",
        "scale=tiny",
        f"results={tmp_path}",
    ]
    started = time.monotonic()
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert f"{tmp_path / 'tiny'} at " in run.stdout
    assert time.monotonic() - started < 10  # half a second on an idle machine


def test_a_mistake_is_one_line(capsys):
    assert main(["status", "--config", "scale=huge"]) == 1
    assert "error: config: scale: unknown 'huge'" in capsys.readouterr().err
    assert main(["status", "--config", "scale"]) == 1
    assert "error: --config scale: write KEY=VALUE" in capsys.readouterr().err
