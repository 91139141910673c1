"""What a scale will take: its timings, jobs and figures as a table and a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from whysgd.base.files import atomic_path, write_json, write_text
from whysgd.base.layout import Results
from whysgd.base.machine import description
from whysgd.planning.estimate import JobEstimate, estimate_job
from whysgd.planning.table import Finished, measured_seconds, plan_lines, plan_table
from whysgd.planning.timings import Calibration, needed_timings, read_timing
from whysgd.spec.ensemble import Ensemble


def own_calibration(folder: Path, timings: Sequence[str | Path]) -> Calibration:
    """What this machine's timings say; written to `calibration.json` for other machines' plans.

    Args:
        folder: of the scale's results.
        timings: one file for each distinct program, named by it.
    """
    found = {Path(path).stem: read_timing(path) for path in timings}
    calibration = Calibration(machine=description()["machine"], timings=found)
    write_json(Results(folder).calibration, calibration.model_dump(mode="json"))
    return calibration


def write_plan(
    folder: Path,
    scale: str,
    ensembles: Mapping[str, Ensemble],
    calibration: Calibration,
    *,
    figures: Mapping[str, Sequence[str]],
    places: int,
) -> list[str]:
    """Writes `plan.csv` and `plan.md`.

    Args:
        folder: of the scale's results, where finished jobs are looked for.
        scale: its name.
        ensembles: all training jobs by run id.
        calibration: of the machine that they will run on.
        figures: run ids that each figure reads.
        places: jobs that run at a time.

    Returns:
        The lines of the page.

    Raises:
        UserError: the calibration lacks a program of this scale.
    """
    timings = needed_timings(calibration, ensembles)
    estimates = {
        run_id: estimate_job(ensemble, timings[run_id]) for run_id, ensemble in ensembles.items()
    }
    table = plan_table(estimates, figures)
    with atomic_path(Results(folder).plan("csv")) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    lines = plan_lines(
        f"Plan of scale {scale}",
        table,
        estimates.values(),
        _finished(folder, estimates),
        places,
    )
    write_text(Results(folder).plan("md"), "\n".join(lines) + "\n")
    return lines


def _finished(folder: Path, estimates: Mapping[str, JobEstimate]) -> list[Finished]:
    """The jobs that are done, each with the time that it took, where that is known."""
    results = Results(folder)
    return [
        Finished(estimate, measured_seconds(Path(results.benchmark(f"train/{run_id}"))))
        for run_id, estimate in estimates.items()
        if Path(results.history(run_id)).exists()
    ]
