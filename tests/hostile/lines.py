"""Whether what is refused is refused in one line."""

import re

import pytest

from whysgd.base.errors import UserError

_LONGEST = 600  # characters of a message; paths of temporary folders are a part of it


def assert_one_line(function, pattern):
    """Runs a function that must raise a `UserError` of one line that a pattern is found in."""
    with pytest.raises(UserError) as caught:
        function()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < _LONGEST
    assert re.search(pattern, message), message


def found_or_one_line(function):
    """What a function returns; None where it raises a `UserError`, which must be one line."""
    try:
        return function()
    except UserError as error:
        message = str(error)
    assert message
    assert len(message.splitlines()) == 1
    return None
