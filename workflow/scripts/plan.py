"""Rule plan: what the jobs of a scale will take, from timings of their programs."""

from pathlib import Path

from whysgd.benchmarks.machine import description
from whysgd.files import atomic_path, write_json, write_text
from whysgd.planning.estimate import estimate_job
from whysgd.planning.table import Finished, measured_seconds, plan_lines, plan_table
from whysgd.planning.timings import Calibration, needed_timings, read_calibration, read_timing
from whysgd.scripting import script_log
from whysgd.spec import Ensemble

with script_log(snakemake.log[0]) as logger:
    folder = Path(snakemake.params.folder)
    ensembles = {
        run_id: Ensemble.model_validate(record)
        for run_id, record in snakemake.params.ensembles.items()
    }
    if snakemake.params.calibration:
        calibration = read_calibration(snakemake.params.calibration)
    else:
        timings = {Path(path).stem: read_timing(path) for path in snakemake.input.timings}
        calibration = Calibration(machine=description()["machine"], timings=timings)
        write_json(folder / "calibration.json", calibration.model_dump(mode="json"))
    timings = needed_timings(calibration, ensembles)
    estimates = {
        run_id: estimate_job(ensemble, timings[run_id]) for run_id, ensemble in ensembles.items()
    }
    finished = [
        Finished(estimate, measured_seconds(folder / "benchmarks" / "train" / f"{run_id}.tsv"))
        for run_id, estimate in estimates.items()
        if (folder / "runs" / run_id / "history.csv").exists()
    ]
    table = plan_table(estimates, snakemake.params.figures)
    with atomic_path(folder / "plan.csv") as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    lines = plan_lines(
        f"Plan of scale {snakemake.params.scale}",
        table,
        estimates.values(),
        finished,
        snakemake.params.places,
    )
    write_text(folder / "plan.md", "\n".join(lines) + "\n")
    print("\n".join(lines))
