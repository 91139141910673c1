"""Targets that nothing makes, told with the nearest ones that something does.

Snakemake itself says "No rule to produce figur1" and no more.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from whysgd.base.errors import UserError

_MOST_NAMED = 3
# A Snakemake that another one has started is given what that one has planned.
_STARTED_BY_SNAKEMAKE = ("--target-jobs", "--allowed-rules")


def check_known(
    arguments: Sequence[str],
    *,
    names: Iterable[str],
    files: Iterable[str],
    is_made: Callable[[str], bool],
    targets_of: Callable[[Sequence[str]], Iterable[str]],
) -> None:
    """Refuses a target that no rule makes.

    Args:
        arguments: words of the command line.
        names: of rules.
        files: that the default target makes.
        is_made: whether a rule makes a file of this name.
        targets_of: tells which words are targets, as Snakemake takes them; it takes long enough to
            be asked only where a word could be an unknown one.

    Raises:
        UserError: naming the target and the nearest known ones.
    """
    names = set(names)
    if any(option in arguments for option in _STARTED_BY_SNAKEMAKE):
        return

    def is_known(word: str) -> bool:
        return word in names or Path(word).exists() or is_made(word)

    unknown = [word for word in arguments if _is_word(word) and not is_known(word)]
    if not unknown:
        return
    targets = set(targets_of(arguments))
    for word in unknown:
        if word in targets:
            known = sorted(files) if "/" in word else sorted(names)
            nearest = difflib.get_close_matches(word, known, _MOST_NAMED, cutoff=0.5)
            said = f"; near it are {', '.join(nearest)}" if nearest else ""
            raise UserError(f"no target {word!r}{said}; `snakemake --list` names all rules")


def _is_word(argument: str) -> bool:
    """Whether a word of the command line may be a target: no option, setting or number."""
    return not argument.startswith("-") and "=" not in argument and not argument.isdecimal()
