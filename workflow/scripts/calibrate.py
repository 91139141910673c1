"""Rule calibrate: times one program on this machine."""

import time

import psutil

from whysgd.base.scripting import script_log
from whysgd.spec.ensemble import Ensemble
from whysgd.training.job.devices import claimed_gpus
from whysgd.training.job.runtime import start_tensorflow

with script_log(snakemake.log[0]) as logger, claimed_gpus(snakemake.resources.gpu, logger):
    start_tensorflow(snakemake.threads, gpus=snakemake.resources.gpu)

    from whysgd.base.files import write_json
    from whysgd.planning.stopwatch import measure_timing

    since_start = time.time() - psutil.Process().create_time()
    ensemble = Ensemble.model_validate(snakemake.params.ensemble)
    timing = measure_timing(ensemble, since_start)
    write_json(snakemake.output[0], timing.model_dump(mode="json"))
    logger.info("%s", timing)
