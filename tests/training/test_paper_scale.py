"""Every kind of job of scale `paper`, at its full width, up to its first checkpoint."""

import logging

import numpy as np
import pytest

from whysgd.planning.stopwatch import noise
from whysgd.planning.timings import timed_ensemble
from whysgd.runs.grid import experiment_points
from whysgd.spec.ensemble import CheckpointPolicy, Ensemble
from whysgd.studies.registry import read_settings
from whysgd.training.job.run import train_ensemble

SCALE = read_settings({"scale": "paper"}).scale.sweeps["implicit_regularization"]
MEMBERS = 2
LOGGER = logging.getLogger("test")


def kinds() -> dict[str, Ensemble]:
    """A shortened job of each kind: network, penalty, and the smallest and the largest n."""
    found: dict[str, Ensemble] = {}
    for name in SCALE.experiments:
        points = experiment_points(SCALE, name)
        for point in (points[0], points[-1]):
            program = point.program
            kind = f"{program.model}-n{program.updates_per_batch}"
            kind += f"-{program.penalty.method}" if program.penalty else ""
            if kind not in found and program.batch_size <= 64:
                members = tuple(point.member(seed) for seed in range(MEMBERS))
                found[kind] = timed_ensemble(Ensemble(program=program, members=members))
    return found


def test_the_scale_has_the_papers_kinds_of_jobs():
    assert set(kinds()) == {
        "wrn-10-1-n1",
        "wrn-10-1-n1-double_backprop",
        "wrn-16-4-n1",
        "wrn-16-4-n16",
        "mlp-4096-4096-4096-n1",
        "mlp-4096-4096-4096-n1-factored",
        "mlp-4096-4096-4096-n16",
    }


@pytest.mark.nightly
@pytest.mark.parametrize("kind", kinds())
def test_a_job_at_full_width_trains_and_writes_a_checkpoint(kind, tmp_path):
    ensemble = kinds()[kind]
    program = ensemble.program
    # An epoch of two minibatches, and one minibatch more.
    dataset = program.dataset.model_copy(
        update={"num_train": 2 * program.batch_size, "num_test": 8}
    )
    program = program.model_copy(update={"dataset": dataset, "num_minibatches": 3})
    shortened = Ensemble(program=program, members=ensemble.members)
    history = train_ensemble(
        shortened,
        noise(dataset),
        LOGGER,
        checkpoint_folder=tmp_path,
        checkpoint_policy=CheckpointPolicy(seconds=3600, epochs=1, keep=1),
    )
    (checkpoint,) = tmp_path.glob("*.npz")
    with np.load(checkpoint, allow_pickle=False) as arrays:
        saved = sum(arrays[name].size for name in arrays.files)
    parameters = {"wrn-10-1": 77_709, "wrn-16-4": 2_747_536, "mlp-4096-4096-4096": 36_818_954}
    assert saved >= MEMBERS * parameters[program.model]
    assert (history["diverged_at"] == -1).all()
    assert history["test_loss"].notna().all()
    last = history[history["update"] == 3 * program.updates_per_batch]
    assert last["c_reg"].gt(0).all()
    assert last["train_loss"].nunique() == MEMBERS
