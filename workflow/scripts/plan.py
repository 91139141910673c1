"""Rule plan: what the jobs of a scale will take, from timings of their programs."""

from pathlib import Path

from whysgd.base.scripting import script_log
from whysgd.planning.plan import own_calibration, write_plan
from whysgd.planning.timings import read_calibration
from whysgd.spec.ensemble import Ensemble

with script_log(snakemake.log[0]) as logger:
    params = snakemake.params
    folder = Path(params.folder)
    lines = write_plan(
        folder,
        params.scale,
        {run_id: Ensemble.model_validate(record) for run_id, record in params.ensembles.items()},
        read_calibration(params.calibration)
        if params.calibration
        else own_calibration(folder, snakemake.input.timings),
        figures=params.figures,
        places=params.places,
    )
    print("\n".join(lines))
