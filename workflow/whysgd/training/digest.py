"""The digest of what a run's numbers depend on in our code. Imports no TensorFlow.

Training jobs, finished histories and checkpoints are known by it, so it decides what is trained
again: all code that can change a number is in it, and nothing that only watches, keeps or reports.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from whysgd.base.code_digest import files_digest, module_files
from whysgd.spec.program import Program

# Where numbers are made: the order of updates and evaluations, both of these, rows of the history;
# how TensorFlow computes.
ROOTS = (
    "whysgd.training.loop",
    "whysgd.training.trainer",
    "whysgd.training.history",
    "whysgd.training.arithmetic",
)
# What they import and what is no part of the digest, each with the reason.
OUTSIDE: Mapping[str, str] = {
    "whysgd.base.errors": "tells of mistakes, and ends the training",
    "whysgd.base.files": "writes what it is given",
    "whysgd.spec.ensemble": "records, told by value by whoever knows the ensemble",
    "whysgd.spec.program": "records, told by value, so that a new optional key retrains nothing",
    "whysgd.training.job": "surrounds a training; the pieces that it is cut into change no bit",
}


@cache
def training_digest(program: Program) -> str:
    """Digest of our code for the numbers of a program's runs; 16 hexadecimal digits.

    Whoever knows a run by it has to know the ensemble and the content of the data set, too.
    """
    text = json.dumps([_code(), told_by_value(program)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def training_files() -> list[Path]:
    """The source files that are in the digest."""
    return module_files(*ROOTS, without=OUTSIDE)


def told_by_value(program: Program) -> dict[str, Any]:
    """What training asks of a program beside its fields: what code outside the digest computes."""
    return {
        "minibatches_per_epoch": program.minibatches_per_epoch,
        "evaluation_minibatches": program.evaluation_minibatches,
        "image_shape": program.dataset.image_shape,
        "num_classes": program.dataset.num_classes,
        "blueprint": repr(program.blueprint),
    }


@cache
def _code() -> str:
    return files_digest(training_files())
