"""Names that one process of a machine holds at a time.

A name is a socket bound in Linux's abstract namespace: every process of the machine sees it,
whoever started it, it leaves no file, and it ends with the process, however that ends.
"""

import errno
import socket
import sys
from contextlib import ExitStack

HAS_EXCLUSIVE_NAMES = sys.platform == "linux"


def take_name(name: str, until: ExitStack) -> bool:
    """Takes a name until the stack is closed, unless another process has it.

    Args:
        name: at most 100 bytes.
        until: releases the name when it is closed.

    Returns:
        Whether this process has the name now.

    Raises:
        OSError: the system has no such names (see `HAS_EXCLUSIVE_NAMES`).
    """
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0whysgd {name}")
    except OSError as error:
        holder.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    until.enter_context(holder)
    return True
