"""Makes .venv anew from a hashed lock: `python3 envs/install.py cpu` (or cuda).

`python3 envs/install.py benchmark` adds the lock of that name to the .venv that there is.

Only the standard library, and syntax that an old Python 3 can read, so that it can say what is
missing. Installs with uv, which takes about half of pip's time; where uv fails, for example
since only pip is configured for the machine's index, pip installs the same lock.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = str(VENV / "bin" / "python")
DEVICES = ("cpu", "cuda")
ADDED = ("benchmark",)
OLDEST, NEWEST = (3, 11), (3, 13)  # the Pythons that the locks and TensorFlow's wheels cover


def main(*arguments: str) -> None:
    """Makes the environment for a device, with this package editable in it, or adds a lock to it.

    Args:
        arguments: of the command line, one of DEVICES or ADDED.
    """
    name = chosen(arguments)
    check_python()
    if name in ADDED:
        install_lock(venv_pip(), lock(name))
        return
    pip = make_venv()
    run([*pip, "install", "--quiet", "--require-hashes", "-r", lock("uv")])
    install_lock(pip, lock(name))
    # setuptools is in the lock: building the package downloads nothing.
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([*pip, "install", "--quiet", *editable])


def chosen(arguments: "tuple[str, ...]") -> str:
    """The one lock that the command line names, before .venv is touched.

    Raises:
        SystemExit: it names none, several, or one that there is not.
    """
    known = (*DEVICES, *ADDED)
    if len(arguments) != 1 or arguments[0] not in known:
        sys.exit(f"error: expected one of {', '.join(known)}, found '{' '.join(arguments)}'")
    return arguments[0]


def check_python() -> None:
    """Ends with one line where this Python cannot carry the environment.

    Raises:
        SystemExit: the Python is too old or too new, or was packaged without venv.
    """
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        oldest, newest, found = (".".join(map(str, v)) for v in (OLDEST, NEWEST, version))
        sys.exit(
            f"error: Python {oldest} to {newest} is needed, this is {found};"
            f" name another one: make PYTHON=python{oldest}"
        )
    if importlib.util.find_spec("venv") is None:
        sys.exit("error: this Python has no venv module; on Debian, install python3-venv")


def make_venv() -> "list[str]":
    """Makes an empty .venv in place of what is there, and returns the command of a pip for it.

    Raises:
        SystemExit: there is no pip to be had.
    """
    # Where .venv is active, its own interpreter must not be the one that replaces it.
    python = getattr(sys, "_base_executable", None) or sys.executable
    command = [python, "-m", "venv", "--clear", str(VENV)]
    pip = venv_pip()
    run(command if pip[0] == VENV_PYTHON else [*command, "--without-pip"])
    return pip


def venv_pip() -> "list[str]":
    """The command of a pip that installs into .venv.

    Raises:
        SystemExit: there is no pip to be had.
    """
    if importlib.util.find_spec("ensurepip") is not None:
        return [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check"]
    if importlib.util.find_spec("pip") is not None:
        python = getattr(sys, "_base_executable", None) or sys.executable
        return [python, "-m", "pip", "--disable-pip-version-check", "--python", VENV_PYTHON]
    sys.exit("error: this Python has neither ensurepip nor pip; on Debian, install python3-venv")


def install_lock(pip: "list[str]", path: str) -> None:
    """Installs a lock, checking every hash."""
    print(f"installing {path} into .venv", flush=True)
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", VENV_PYTHON]
    environment = {**pip_index(pip), **os.environ}
    try:
        # Compiled now, since a machine may forbid Python to do so later, and then every job
        # would spend seconds compiling TensorFlow's modules.
        run([*uv, "--compile-bytecode", "--require-hashes", "-r", path], environment)
    except subprocess.CalledProcessError:
        print("uv could not install it: pip does, which takes longer", flush=True)
        run([*pip, "install", "--quiet", "--require-hashes", "-r", path])


def pip_index(pip: "list[str]") -> "dict[str, str]":
    """The index that pip is configured for, as the setting of uv, which does not read pip's."""
    for key in (":env:.index-url", "global.index-url"):
        shown = subprocess.run([*pip, "config", "get", key], capture_output=True, text=True)
        if shown.returncode == 0:
            return {"UV_DEFAULT_INDEX": shown.stdout.strip()}
    return {}


def lock(name: str) -> str:
    """Path of a lock, relative to the root, where every command runs."""
    return f"envs/requirements-{name}.txt"


def run(command: "list[str]", environment: "dict[str, str] | None" = None) -> None:
    """Runs a command at the root that has to succeed."""
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: status {error.returncode} from: {' '.join(error.cmd)}")
