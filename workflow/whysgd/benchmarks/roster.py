"""Who competes, with what options, and in what environment its process runs."""

import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from whysgd.benchmarks.problem import Array, Problem
from whysgd.benchmarks.rows import KINDS, Row, program_of
from whysgd.spec.operations import update_cost

Options = dict[str, Any]

# Nothing but what is timed may use a second core; libraries read these when they are loaded.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "1",
}
_JAX_ONE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "NPROC": "1",
    "PJRT_NPROC": "1",
    "JAX_PLATFORMS": "cpu",
}


class Contestant(Protocol):
    """A way of training. Made from a `Problem` and, as keywords, one choice of options."""

    def start(self, members: Sequence[int]) -> None:
        """Puts the chosen members of the problem at their initial parameters."""

    def train(self, minibatches: int) -> None:
        """Trains on the first so many minibatches and waits for the result; this is timed."""

    def parameters(self) -> list[Array]:
        """Where the members are then, arrays (R, *shape) in the problem's order."""


@dataclass(frozen=True)
class Entrant:
    """A contestant that is not made yet.

    Attributes:
        name: in files and on the command line.
        title: in tables.
        module: where its class is.
        factory: the name of that class.
        package: what must be importable for it to take part.
        options: row -> choices, of which the fastest is timed.
        one_by_one: it trains members one after the other, whatever its options.
        environment: variables that its process needs, besides those of all.
        set_up: called first in its process.
        kinds: of update that it takes part in.
        trains: it leads to parameters that can be compared.
    """

    name: str
    title: str
    module: str
    factory: str
    package: str
    options: Callable[[Row], list[Options]]
    one_by_one: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    set_up: Callable[[], None] = lambda: None
    kinds: tuple[str, ...] = KINDS
    trains: bool = True

    @property
    def available(self) -> bool:
        """Whether its package is installed."""
        return importlib.util.find_spec(self.package) is not None

    def trains_one_by_one(self, options: Options) -> bool:
        """Whether one member's time stands for that of all, one after the other."""
        return self.one_by_one or options.get("members_at_once") == 1

    def make(self, problem: Problem, options: Options) -> Contestant:
        """Imports its module, here in this process, and builds the contestant."""
        factory = getattr(importlib.import_module(self.module), self.factory)
        contestant: Contestant = factory(problem, **options)
        return contestant


def _blocks_of_members(row: Row) -> list[Options]:
    """All members at once; as many as there are seeds; or one after the other."""
    sizes = {row.members, *(size for size in (7, 1) if row.members % size == 0)}
    sizes -= {1} if row.members > 7 else set()  # never near the fastest, and long to time
    return [{"members_at_once": size} for size in sorted(sizes, reverse=True)]


def _jax_options(row: Row) -> list[Options]:
    """Members at once, and the loop over minibatches inside or outside the compiled program.

    Outside where it holds convolutions, tried both ways where calls cost little of an update.
    """
    program = program_of(row.workload, "plain")
    small = update_cost(program).parameters < 1e6
    scans = (False,) if program.model.startswith("wrn") else (True,) if small else (True, False)
    return [{**options, "scan": s} for options in _blocks_of_members(row) for s in scans]


def _keras_options(row: Row) -> list[Options]:
    return [
        {"jit_compile": jit_compile, "steps_per_execution": steps}
        for jit_compile, steps in itertools.product((False, True), (1, 32))
    ]


def _our_tensorflow() -> None:
    from whysgd.training.job.runtime import start_tensorflow

    start_tensorflow(1)


def _plain_tensorflow() -> None:
    """Without deterministic operations, which a user would not ask for and Keras's XLA forbids."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.set_visible_devices([], "GPU")


_PACKAGE = "whysgd.benchmarks.contestants"
OURS = Entrant(
    name="whysgd",
    title="whysgd",
    module=f"{_PACKAGE}.ours",
    factory="Ours",
    package="tensorflow",
    options=lambda row: [{}],
    set_up=_our_tensorflow,
)
PEERS = (
    Entrant(
        name="keras",
        title="Keras fit",
        module=f"{_PACKAGE}.keras_fit",
        factory="KerasFit",
        package="keras",
        options=_keras_options,
        one_by_one=True,
        set_up=_plain_tensorflow,
    ),
    Entrant(
        name="tf_function",
        title="tf.function",
        module=f"{_PACKAGE}.tf_function",
        factory="TfFunction",
        package="tensorflow",
        options=lambda row: [{"jit_compile": jit_compile} for jit_compile in (False, True)],
        one_by_one=True,
        set_up=_plain_tensorflow,
    ),
    Entrant(
        name="jax",
        title="JAX",
        module=f"{_PACKAGE}.jax_scan",
        factory="JaxScan",
        package="jax",
        options=_jax_options,
        environment=_JAX_ONE_THREAD,
    ),
    Entrant(
        name="torch",
        title="PyTorch",
        module=f"{_PACKAGE}.torch_autograd",
        factory="TorchAutograd",
        package="torch",
        options=_blocks_of_members,
    ),
)
ENTRANTS = (OURS, *PEERS)
MATMULS = Entrant(
    name="matmuls",
    title="batched matmuls alone",
    module=f"{_PACKAGE}.matmuls",
    factory="Matmuls",
    package="tensorflow",
    options=lambda row: [
        {**options, "use_xla": use_xla}
        for options in _blocks_of_members(row)
        for use_xla in (False, True)
    ],
    set_up=_plain_tensorflow,
    kinds=("plain",),
    trains=False,
)
