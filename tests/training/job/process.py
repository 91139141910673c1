"""A training process as a test starts it: python process.py JOBS.json OWN [TRAINED]

JOBS.json holds the records of all wanted jobs, OWN is the place of the process's own in it.
Each training adds the run's name to the file TRAINED when it begins.
"""

import json
import sys
from pathlib import Path

from whysgd.training.job import session
from whysgd.training.job.record import TrainingJob
from whysgd.training.job.session import Machine, run_job

jobs = [TrainingJob.model_validate(job) for job in json.loads(Path(sys.argv[1]).read_text())]
train = session._train


def counted(job, *arguments, **options):
    with Path(sys.argv[3]).open("a") as file:
        file.write(job.name + "\n")
    train(job, *arguments, **options)


session._train = counted
run_job(jobs[int(sys.argv[2])], Machine(threads=1), jobs)
