"""How much memory training takes at its largest, in copies of the parameters."""

from pathlib import Path
from typing import Any

from whysgd.benchmarks.problem import Problem
from whysgd.benchmarks.rows import Workload, members_of, program_of
from whysgd.benchmarks.worker import Worker
from whysgd.spec.operations import update_cost

_MINIBATCHES = 3  # one to compile, and the next at the size that stays


def measure_memory(worker: Worker, workload: Workload, members: int) -> dict[str, Any]:
    """Peak memory of our training with the penalty, in a process that has done nothing else.

    Counted from after the imports and the loading of the data to the end of training, the
    compiler's own memory included: the highest resident set of the process less what was
    resident before the first parameter was drawn, as Linux tells both.

    Returns:
        Bytes of one copy of all members' parameters, and of the peak; ready for JSON.
    """
    program = program_of(workload, "penalty")
    ensemble = members_of(workload, "penalty")[:members]
    worker.call("choose", "memory", Problem(program, ensemble, (), Path()), {})
    before, peak = worker.call("memory", range(members), _MINIBATCHES)
    copy = 4 * members * update_cost(program).parameters
    return {"copy_bytes": copy, "before_bytes": before, "peak_bytes": peak}
