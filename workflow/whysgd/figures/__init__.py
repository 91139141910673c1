"""What the figures of all studies are drawn with; no study and no run is known here.

The modules that draw single figures lie in the folders of their studies.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

try:
    import matplotlib as _matplotlib  # noqa: F401
except UnicodeDecodeError:
    # It reads the matplotlibrc of the working folder or else of the user, passes over lines that it
    # does not understand, but not over a file that is not UTF-8. No figure depends on that file
    # (`whysgd.figures.style`), so one that is empty goes before it.
    for _name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        del sys.modules[_name]  # what the failed import has left
    with tempfile.TemporaryDirectory() as _folder, contextlib.chdir(_folder):
        Path("matplotlibrc").touch()
        import matplotlib as _matplotlib  # noqa: F401
