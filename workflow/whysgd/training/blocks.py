"""How many members are trained at once, and what is compiled for so many."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from whysgd.models import build_network
from whysgd.spec.ensemble import Member
from whysgd.spec.operations import working_set
from whysgd.spec.program import Program
from whysgd.training.program import compile_program

_CACHED_BYTES = 9 << 19  # that an update goes back to, of replicas that a processor trains at once
_MAX_PADDING = 0.1  # of an ensemble's members; more is dearer than another compilation
_COMPILED = 8  # blocks whose compiled functions a process keeps; each takes some 20 MB


def replicas_at_once(program: Program, members: int, device: str, dtype: str) -> int:
    """How many members one call of the compiled program trains at most.

    A processor core is fastest while parameters and activations of the replicas it works on stay
    in its cache, so a large ensemble is trained in blocks; a GPU takes all at once.
    """
    if device == "gpu":
        return members
    size = working_set(program) * np.dtype(dtype).itemsize
    return min(members, max(1, _CACHED_BYTES // size))


def blocks(members: Sequence[Member], most: int) -> list[list[Member]]:
    """Members in as few blocks as can be of at most so many.

    Blocks of one size share one compilation, so the last is padded with its last member. Where
    that would add more than a tenth, there are two sizes, one apart, and no padding.
    """
    count = -(-len(members) // most)
    size = -(-len(members) // count)
    padding = count * size - len(members)
    if padding <= _MAX_PADDING * len(members):
        padded = [*members, *[members[-1]] * padding]
        return [padded[first : first + size] for first in range(0, len(padded), size)]
    bounds = [len(members) * number // count for number in range(count + 1)]
    return [list(members[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]


class CompiledBlock:
    """Network and compiled functions for blocks of one size of one program."""

    def __init__(self, program: Program, replicas: int, device: str, dtype: str) -> None:
        """Builds the network; its functions are compiled when they are first called."""
        self.network = build_network(
            program.model,
            input_shape=program.dataset.image_shape,
            num_classes=program.dataset.num_classes,
            replicas=replicas,
            base_width=program.base_width,
            dtype=dtype,
        )
        self.compiled = compile_program(
            self.network, program, use_xla=self.network.prefers_xla(device)
        )


def compiled_block(program: Program, replicas: int, device: str, dtype: str) -> CompiledBlock:
    """The compiled functions for a block, made once for all programs that share them.

    A process that trains several ensembles whose programs differ in nothing that shapes compiled
    code (see `Program.compiled_as`) compiles for the first of them only. It keeps those that it
    used last.

    Args:
        program: of the ensemble.
        replicas: members in the block (R).
        device: "cpu" or "gpu".
        dtype: of parameters and arithmetic.
    """
    return _compiled_block(program.compiled_as, replicas, device, dtype)


_compiled_block = lru_cache(maxsize=_COMPILED)(CompiledBlock)
