"""Numbers written as powers of two, as the papers and the configuration write them."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

_POWER = re.compile(r"^2\^(-?\d+)$")
_RANGE = re.compile(r"^(2\^-?\d+)\s*\.\.\s*(2\^-?\d+)$")
_DIGITS = re.compile(r"[-+]?[0-9]{1,400}")
_EXACT = 2**53  # below which no float stands for two whole numbers


def parse_number(value: Any) -> float:
    """A number, or text such as "2^-9" or "0.1", as a float.

    Raises:
        ValueError: neither a number nor such text.
    """
    if isinstance(value, str):
        power = _POWER.match(value.strip())
        if power:
            return _finite(math.ldexp, 1.0, int(power.group(1)))
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"{value!r} is neither a number nor a power such as 2^-9") from None
        return _finite(float, number)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is neither a number nor a power such as 2^-9")
    return _finite(float, value)


def parse_integer(value: Any) -> int:
    """A whole number, or text such as "2^9", "12" or "1e3", exactly.

    Raises:
        ValueError: not a whole number, or a float so large that it may stand for another one.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        return int(value)
    number = parse_number(value)
    if number != int(number):
        raise ValueError(f"{value!r} is not a whole number")
    if abs(number) >= _EXACT and not _is_power(value):
        raise ValueError(f"{value!r} is not exact as a floating-point number; write its digits")
    return int(number)


def _is_power(value: Any) -> bool:
    """Whether a value is written as a power of two, which a float holds exactly at any size."""
    return isinstance(value, str) and _POWER.match(value.strip()) is not None


def _finite(function: Callable[..., float], *arguments: Any) -> float:
    try:
        value = function(*arguments)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{arguments[-1]!r} is too large or not a number")
    return value


def parse_numbers(value: Any) -> tuple[float, ...]:
    """A number, a list of numbers, or a range of powers "2^-9..2^-1" (both ends in), as floats.

    Raises:
        ValueError: empty, repeated or unreadable values, or a range that runs downwards.
    """
    return _parse_each(value, parse_number)


def _parse_each(value: Any, parse: Callable[[Any], Any]) -> tuple[Any, ...]:
    """One value, a list of values or a range of powers, each read by `parse`.

    Raises:
        ValueError: as `parse_numbers`, or of `parse`.
    """
    span = _RANGE.match(value.strip()) if isinstance(value, str) else None
    if span:
        # A power below the smallest float would be 0, which has no logarithm.
        ends = [int(end.removeprefix("2^")) for end in span.groups() if parse_number(end) > 0]
        if len(ends) < 2:
            raise ValueError(f"range {value!r} begins below the smallest number")
        first, last = ends
        if first > last:
            raise ValueError(f"range {value!r} runs downwards: it holds no value")
        return tuple(parse(f"2^{exponent}") for exponent in range(first, last + 1))
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    numbers = tuple(parse(item) for item in items)
    if not numbers:
        raise ValueError("empty: give at least one value")
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"a value stands twice in {value!r}")
    return numbers


def format_number(value: float) -> str:
    """A power of two as "2^-9", anything else in its shortest form; undoes `parse_number`.

    Integers, which count something, are written as such: 8, not 2^3.
    """
    if isinstance(value, int):
        return str(value)
    mantissa, exponent = math.frexp(value)
    return f"2^{exponent - 1}" if mantissa == 0.5 else repr(value).removesuffix(".0")


def _parse_integers(value: Any) -> tuple[int, ...]:
    return _parse_each(value, parse_integer)


_TEXT_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*(2\^-?\d+|[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*$",
    "description": "a power such as 2^-9",
}
_RANGE_SCHEMA = {
    "type": "string",
    "pattern": r"^\s*2\^-?\d+\s*\.\.\s*2\^-?\d+\s*$",
    "description": "a range of powers such as 2^-9..2^-1",
}


class _OrText:
    """In the JSON schema, lets a number be text as well; its bounds hold for the number alone."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        number = handler(schema)
        return {"anyOf": [{"type": number.pop("type")}, _TEXT_SCHEMA], **number}


def _numbers_schema(kind: str) -> dict[str, Any]:
    one = [{"type": kind}, _TEXT_SCHEMA]
    several = {"type": "array", "items": {"anyOf": one}, "minItems": 1, "uniqueItems": True}
    return {"anyOf": [*one, _RANGE_SCHEMA, several]}


Number = Annotated[float, BeforeValidator(parse_number), _OrText]
Numbers = Annotated[
    tuple[float, ...], BeforeValidator(parse_numbers), WithJsonSchema(_numbers_schema("number"))
]
Integers = Annotated[
    tuple[int, ...], BeforeValidator(_parse_integers), WithJsonSchema(_numbers_schema("integer"))
]
ExactInteger = Annotated[int, BeforeValidator(parse_integer)]
