"""Numbers written as powers of two."""

import pytest

from whysgd.base.powers import format_number, parse_number, parse_numbers


@pytest.mark.parametrize(("text", "value"), [("2^-9", 2**-9), ("0.5", 0.5), (3, 3.0), ("2^4", 16)])
def test_numbers_are_read(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["2^x", "", True, None, "2^-9..2^-1"])
def test_other_things_are_refused(text):
    with pytest.raises(ValueError, match="neither a number nor a power"):
        parse_number(text)


def test_a_range_holds_both_ends():
    assert parse_numbers("2^-3..2^0") == (0.125, 0.25, 0.5, 1.0)
    assert parse_numbers("2^-3 .. 2^-3") == (0.125,)


@pytest.mark.parametrize(
    ("value", "message"),
    [("2^0..2^-3", "downwards"), ([], "empty"), ([0.5, "2^-1"], "twice")],
)
def test_bad_lists_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        parse_numbers(value)


@pytest.mark.parametrize("value", ["2^3000", "inf", float("nan"), 10**400])
def test_numbers_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match="too large or not a number"):
        parse_number(value)


@pytest.mark.parametrize(
    "value", [1 / 3, 0.1234567, 2**-9, 2.0**5, 0.0, 1.0, 2.0, 0.3, 100.0, 2**-1]
)
def test_formatting_undoes_parsing(value):
    assert parse_number(format_number(value)) == value


def test_powers_are_written_as_powers():
    assert format_number(2**-9) == "2^-9"
    assert format_number(0.3) == "0.3"


def test_counts_are_written_as_counts():
    assert [format_number(count) for count in (0, 1, 8, 6)] == ["0", "1", "8", "6"]
    assert format_number(8.0) == "2^3"
