"""Lines of a log that get rarer."""

import pytest

from whysgd.training.job import rarely
from whysgd.training.job.rarely import Rarely


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets; seconds."""
    now = [1000.0]
    monkeypatch.setattr(rarely.time, "monotonic", lambda: now[0])
    return now


def lines(clock, seconds, pause=5.0):
    """Seconds after the start at which lines come, if somebody asks every second."""
    kind, started = Rarely(pause), clock[0]
    found = []
    while clock[0] < started + seconds:
        clock[0] += 1
        if kind.due():
            found.append(clock[0] - started)
    return found


def test_lines_come_every_few_seconds_at_first(clock):
    assert lines(clock, 20) == [5, 10, 15, 20]


def test_a_month_makes_few_lines_and_none_is_long_in_coming(clock):
    found = lines(clock, 30 * 24 * 3600)
    assert len(found) < 2000  # of 150 bytes: a third of a megabyte
    pauses = [(b - a) / b for a, b in zip(found, found[1:], strict=False) if b > 1000]
    assert max(pauses) < 0.012
