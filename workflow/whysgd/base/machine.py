"""What the timings were taken on and with."""

import os
import platform
from typing import Any

from whysgd.base.origin import package_version, processor, running_code

_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "jax", "jaxlib", "torch", "numpy")


def description() -> dict[str, Any]:
    """Machine, versions, threads and commit, ready for JSON."""
    return {
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "versions": {name: version for name in _PACKAGES if (version := package_version(name))},
        "threads": 1,
        "commit": str(running_code()),
        "load": os.getloadavg()[0],
    }
