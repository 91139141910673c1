"""What a record is known by, whatever fields are added to it later."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from tests.conftest import make_ensemble, make_program
from whysgd.base.record import LATER, Frozen, fingerprint, identity
from whysgd.spec.ensemble import Ensemble
from whysgd.spec.program import Program


class Old(Frozen):
    width: int
    name: str = Field("plain", alias="kind")


class Young(Old):
    depth: Annotated[int, Field(gt=0), LATER] = 3
    own_shape: Annotated[tuple[int, ...] | None, Field(alias="shape"), LATER] = None


class OldGroup(Frozen):
    first: Old
    others: tuple[Old, ...] = ()
    named: dict[str, Old] = {}
    maybe: Old | None = None


class YoungGroup(Frozen):
    first: Young
    others: tuple[Young, ...] = ()
    named: dict[str, Young] = {}
    maybe: Young | None = None


def test_a_later_field_at_its_default_leaves_no_trace():
    assert identity(Young(width=2)) == {"width": 2, "kind": "plain"}
    assert fingerprint(Young(width=2)) == fingerprint(Old(width=2))


@pytest.mark.parametrize("change", [{"depth": 4}, {"shape": (1, 2)}])
def test_a_later_field_with_another_value_does(change):
    assert identity(Young(width=2, **change)) == {"width": 2, "kind": "plain"} | {
        key: list(value) if isinstance(value, tuple) else value for key, value in change.items()
    }
    assert fingerprint(Young(width=2, **change)) != fingerprint(Old(width=2))


def test_records_inside_records_are_told_alike():
    old, young = Old(width=2), Young(width=2)
    group = YoungGroup(first=young, others=(young, young), named={"a": young}, maybe=young)
    plain = OldGroup(first=old, others=(old, old), named={"a": old}, maybe=old)
    assert identity(group) == identity(plain)
    assert list(identity(group)) == list(identity(plain))
    changed = group.model_copy(update={"others": (young, Young(width=2, depth=4))})
    assert identity(changed)["others"] == [{"width": 2, "kind": "plain"}] + [
        {"width": 2, "kind": "plain", "depth": 4}
    ]


def test_what_is_none_may_be_left_out_too():
    assert identity(YoungGroup(first=Young(width=1)), exclude_none=True) == {
        "first": {"width": 1, "kind": "plain"},
        "others": [],
        "named": {},
    }


def test_the_record_can_be_made_of_its_identity_again():
    for record in (Young(width=2), Young(width=2, depth=5, shape=(3,))):
        assert Young.model_validate(identity(record)) == record


class YoungProgram(Program):
    momentum: Annotated[float, LATER] = 0.0
    norm: Annotated[Literal["none", "batch"], LATER] = "none"


class YoungEnsemble(Ensemble):
    program: YoungProgram


def test_a_new_optional_key_of_a_program_renames_no_run():
    old = make_ensemble((0.1, 0.0, 0), (0.2, 0.0, 1))
    young = YoungEnsemble.model_validate(old.model_dump())
    assert young.run_id == old.run_id
    assert repr(identity(young)) == repr(identity(old))  # as Snakemake compares parameters
    moved = young.model_copy(update={"program": YoungProgram(**vars(make_program()), norm="batch")})
    assert moved.run_id != old.run_id


def test_records_without_later_fields_are_told_as_they_are_dumped():
    ensemble = make_ensemble((0.1, 0.0, 0), penalty=None)
    assert identity(ensemble) == ensemble.model_dump(mode="json")
