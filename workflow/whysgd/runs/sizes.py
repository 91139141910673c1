"""Networks and images that no machine at hand can hold, refused before any job."""

import os
from collections.abc import Iterable
from math import prod

from whysgd.base.errors import UserError
from whysgd.config.scales import JobSettings
from whysgd.spec.operations import update_cost
from whysgd.spec.program import Program

_FLOAT32 = 4  # bytes
_ATTEMPTS = 3  # of a job, each with more memory than the one before
_LONGEST_NAME = 200  # bytes of a folder's name, of which file systems take 255


def check_sizes(programs: Iterable[Program], jobs: JobSettings) -> None:
    """Refuses a program that needs more memory than a job may get or this machine has.

    What it needs is counted from below, by one member's parameters with their gradient and by the
    images: whatever is refused cannot work, and what is not refused may still need more.

    Raises:
        UserError: naming the network or the data set, what it needs and what there is.
    """
    this_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    there = max(_ATTEMPTS * jobs.mem_mb * 10**6, this_machine)
    for program in programs:
        dataset = program.dataset
        parameters = update_cost(program).parameters
        images = (dataset.num_train + dataset.num_test) * prod(dataset.image_shape)
        for what, size in (
            (f"model {program.model} has {parameters:,} parameters", 2 * _FLOAT32 * parameters),
            (f"images of {dataset.source} have {images:,} numbers", _FLOAT32 * images),
        ):
            if size > there:
                raise UserError(
                    f"{what}, which take {size / 1e9:,.0f} GB or more; `jobs.mem_mb` is "
                    f"{jobs.mem_mb} and this machine has {this_machine / 1e9:,.0f} GB"
                )


def check_run_names(run_ids: Iterable[str]) -> None:
    """Refuses a run of which no folder can be named.

    Raises:
        UserError: naming the run.
    """
    for run_id in run_ids:
        if len(run_id.encode()) > _LONGEST_NAME:
            raise UserError(
                f"run {run_id[:40]}...: its folder's name would have {len(run_id)} characters, "
                f"more than {_LONGEST_NAME}; use a network with fewer layers"
            )
