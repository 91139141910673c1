"""Names that one process of a machine holds at a time."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from whysgd.base.exclusive import HAS_EXCLUSIVE_NAMES, take_name

pytestmark = pytest.mark.skipif(not HAS_EXCLUSIVE_NAMES, reason="no abstract sockets here")
NAME = f"test {os.getpid()}"
TAKE = f"""
from contextlib import ExitStack
from whysgd.base.exclusive import take_name
with ExitStack() as until:
    print(take_name({NAME!r}, until), flush=True)
"""


def taken_elsewhere() -> bool:
    """Whether another process can take the name."""
    done = subprocess.run([sys.executable, "-c", TAKE], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "False"


def test_a_name_is_held_by_one_process_until_it_lets_go():
    with ExitStack() as until:
        assert take_name(NAME, until)
        assert taken_elsewhere()
    assert not taken_elsewhere()


def test_a_name_is_free_when_the_process_that_held_it_is_killed():
    holding = f"{TAKE}    import time; time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", holding], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"True"
        assert taken_elsewhere()
        process.kill()
    assert not taken_elsewhere()
