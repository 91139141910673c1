"""Targets that nothing makes."""

import pytest

from whysgd.base.errors import UserError
from whysgd.config.targets import check_known

NAMES = ["all", "figure1", "figure2", "figures", "theory", "claims", "archive", "plan"]
FILES = ["results/tiny/figures/figure1.pdf", "results/tiny/tables/figure1.csv"]


def check(*arguments, targets=None):
    asked = []

    def targets_of(words):
        asked.append(words)
        return words if targets is None else targets

    check_known(
        arguments,
        names=NAMES,
        files=FILES,
        is_made=lambda file: file in FILES,
        targets_of=targets_of,
    )
    return asked


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("figur1", "no target 'figur1'; near it are figure1, figure"),
        ("Figure1", "near it are figure1"),
        ("archives", "no target 'archives'; near it are archive; "),
        ("cliams", "near it are claims; "),
        ("results/tiny/figures/figur1.pdf", "near it are results/tiny/figures/figure1.pdf"),
        ("results/tiny/table/figure1.csv", "near it are results/tiny/tables/figure1.csv"),
        ("xyz", "no target 'xyz'; `snakemake --list` names all rules"),
    ],
)
def test_an_unknown_target_is_one_line_that_names_the_nearest_ones(target, line):
    with pytest.raises(UserError) as caught:
        check("--cores", "2", "--config", "scale=tiny", "--", target)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_made_or_there_is_not_looked_into():
    assert check("-n", "figure1", FILES[0], "--cores", "4", "--config", "a=b", "--until=x") == []


def test_a_value_of_an_option_is_no_target():
    arguments = ("--profile", "nowhere", "figure1")
    assert check(*arguments, targets={"figure1"}) == [arguments]


def test_a_snakemake_that_snakemake_has_started_is_left_alone():
    assert check("--target-jobs", "train:run_id=a", "--allowed-rules", "train", "xyz") == []


def test_snakemake_itself_names_no_other_target():
    # Why it is done here.
    from snakemake.exceptions import MissingRuleException

    assert "figure1" not in str(MissingRuleException("figur1"))
