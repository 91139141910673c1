"""What holds of every input of a kind, on inputs that are drawn: numbers, schedules, files."""

import io
import logging
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.lines import found_or_one_line
from tests.training.test_checkpoints import named, snapshot, store
from whysgd.base.npz import DAMAGED, read_arrays
from whysgd.base.powers import format_number, parse_integer, parse_number, parse_numbers
from whysgd.config.archive import read_archive, write_archive
from whysgd.config.files import parse_yaml
from whysgd.spec.program import Schedule
from whysgd.training.schedule import rate_factors

# No time limit for a single example, since other tests may run beside it; no file of examples.
often = settings(max_examples=200, deadline=None, database=None)
sometimes = settings(max_examples=60, deadline=None, database=None)
finite = st.floats(allow_nan=False, allow_infinity=False)


@often
@given(finite)
def test_a_number_that_was_written_reads_back_to_the_last_bit(value):
    assert parse_number(format_number(value)) == value
    assert parse_number(repr(value)) == value


@often
@given(st.integers(-1074, 1023))
def test_powers_of_two_are_exact(exponent):
    assert parse_number(f"2^{exponent}") == math.ldexp(1.0, exponent)
    assert format_number(math.ldexp(1.0, exponent)) == f"2^{exponent}"


@often
@given(st.integers(-(10**399), 10**399))
def test_an_integer_stays_the_same_in_both_ways_to_give_it(value):
    assert parse_integer(value) == value
    assert parse_integer(str(value)) == value


@often
@given(finite)
def test_a_float_is_an_integer_only_where_it_stands_for_no_other(value):
    try:
        found = parse_integer(value)
    except ValueError:
        assert not value.is_integer() or abs(value) >= 2**53
    else:
        assert found == value
        assert abs(value) < 2**53


@often
@given(st.integers(-1074, 1023), st.integers(-1074, 1023))
def test_a_range_of_powers_holds_every_power_between_its_ends(first, last):
    text = f"2^{first}..2^{last}"
    if first > last:
        with pytest.raises(ValueError, match="runs downwards"):
            parse_numbers(text)
    else:
        values = parse_numbers(text)
        assert values == tuple(math.ldexp(1.0, k) for k in range(first, last + 1))


@often
@given(st.text() | st.none() | st.booleans() | st.lists(st.text(), max_size=3) | finite)
def test_whatever_is_read_as_numbers_is_numbers_or_a_value_error(value):
    try:
        numbers = parse_numbers(value)
    except ValueError:
        return
    assert numbers
    assert all(math.isfinite(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


@often
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_read_as_yaml_is_a_mapping_or_one_line(content):
    found = found_or_one_line(lambda: parse_yaml(content, "file"))
    assert found is None or isinstance(found, dict)


@often
@given(
    st.integers(1, 10**6),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
    st.sampled_from(["constant", "halving"]),
)
def test_rates_only_fall_and_by_halves(num_minibatches, start, every, kind):
    times = {"start": start, "every": every} if kind == "halving" else {}
    minibatches = np.unique(np.linspace(0, num_minibatches - 1, 50).astype(int))
    factors = rate_factors(Schedule(kind=kind, **times), minibatches, num_minibatches)
    assert factors[0] == 1
    assert (np.diff(factors) <= 0).all()
    assert (factors > 0).all()
    mantissas, _ = np.frexp(factors)
    assert (mantissas == 0.5).all()  # powers of two
    assert factors[minibatches < math.floor(start * num_minibatches)].min(initial=1.0) == 1


names = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)


@sometimes
@given(st.dictionaries(names.map("tables/{}.csv".format), st.binary(max_size=300), max_size=4))
def test_an_archive_reads_back_what_was_written(contents):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        write_archive(path, "a", contents)
        archive = read_archive(path)
        assert {name: archive.read(name) for name in contents} == contents
        assert sorted(f"tables/{name}.csv" for name in archive.tables) == sorted(contents)


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "a.zip"
    write_archive(path, "a", {"tables/b.csv": b"x,y\n1,2\n" * 20, "costs.csv": b"figure\n"})
    return path.read_bytes()


def damaged(content, place, bits, end):
    """Content with one byte changed, or cut off."""
    changed = bytearray(content)
    changed[place % len(changed)] ^= bits
    return bytes(changed[: max(1, end % (2 * len(changed)))])


places = st.integers(0, 2**31)


@often
@given(place=places, bits=st.integers(0, 255), end=places)
def test_a_damaged_archive_gives_what_was_written_or_one_line(archived, place, bits, end):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(damaged(archived, place, bits, end))
        found = found_or_one_line(lambda: read_archive(path).read("tables/b.csv"))
        assert found in (None, b"x,y\n1,2\n" * 20)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    store(folder).save(snapshot(20))
    return (folder / named(20)).read_bytes()


@sometimes
@given(place=places, bits=st.integers(0, 255), end=places)
def test_a_damaged_checkpoint_costs_no_bit(saved, place, bits, end):
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / named(20)).write_bytes(damaged(saved, place, bits, end))
            found = store(Path(folder)).restore()
    finally:
        logging.disable(logging.NOTSET)
    if found is not None:
        expected = snapshot(20)
        assert (found.minibatches, found.evaluations) == (20, 2)
        pd.testing.assert_frame_equal(found.history, expected.history, rtol=0, atol=0)
        for block, own in zip(found.blocks, expected.blocks, strict=True):
            for array, right in zip(block, own, strict=True):
                np.testing.assert_array_equal(array, right)


@often
@given(st.binary(max_size=400))
def test_whatever_is_read_as_arrays_is_arrays_or_damaged(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        buffer = io.BytesIO()
        np.savez(buffer, a=np.arange(3))
        path.write_bytes(buffer.getvalue()[: len(content) // 2] + content)
        with pytest.raises(DAMAGED):
            read_arrays(path, ["a"])
