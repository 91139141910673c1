"""Training jobs on disk, small enough to be trained in a test."""

import hashlib

import numpy as np

from tests.conftest import make_ensemble
from whysgd.training.job.record import TrainingJob


def prepared(folder, seed=0, num_train=24, num_test=16):
    """A prepared data set of noise in a folder: the file and its checksum."""
    draw = np.random.default_rng(seed)
    arrays = {}
    for name, count in (("train", num_train), ("test", num_test)):
        arrays[f"x_{name}"] = draw.integers(0, 17, (count, 8, 8, 1)).astype(np.uint8)
        arrays[f"y_{name}"] = draw.integers(0, 10, count).astype(np.int32)
    folder.mkdir(parents=True, exist_ok=True)
    data, checksum = folder / "noise.npz", folder / "noise.npz.sha256"
    with data.open("wb") as file:
        np.savez(file, **arrays)
    checksum.write_text(hashlib.sha256(data.read_bytes()).hexdigest() + "  noise.npz\n")
    return data, checksum


def job_in(folder, *members, code="code", **changes):
    """A job whose files lie in a folder; its data set must have been prepared there."""
    ensemble = make_ensemble(*(members or [(0.1, 0.0, 0)]), **changes)
    name = ensemble.run_id
    return TrainingJob(
        ensemble=ensemble,
        data=folder / "data" / "noise.npz",
        checksum=folder / "data" / "noise.npz.sha256",
        code=code,
        history=folder / "runs" / name / "history.csv",
        ensemble_file=folder / "runs" / name / "ensemble.json",
        finished=folder / "finished" / name,
        checkpoints=folder / "checkpoints" / name,
        log=folder / "logs" / f"{name}.log",
    )
