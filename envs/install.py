"""Makes .venv anew from a hashed lock: `python3 envs/install.py cpu` (or cuda).

`python3 envs/install.py benchmark` adds the lock of that name to the .venv that there is.

Only the standard library, and syntax that an old Python 3 can read, so that it can say what is
missing. Installs with uv, which takes about half of pip's time; where uv fails, for example
since only pip is configured for the machine's index, pip installs the same lock.

Of the settings that pip and uv have, in the environment and in files, only those are followed that
say where packages come from and how they are fetched. Others, such as `user = true` in pip.conf or
PIP_TARGET, would lead the packages elsewhere or take others.
"""

import ast
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
# Of pip, as its configuration calls them; in the environment they are PIP_INDEX_URL and so on.
PIP_KEPT = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "cache-dir",
    "no-cache-dir",
    "keyring-provider",
    "use-feature",
    "use-deprecated",
    "no-input",
)
# Of uv, by what their names begin with.
UV_KEPT = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "UV_KEYRING_PROVIDER",
    "UV_HTTP_",
    "UV_REQUEST_",
    "UV_CONCURRENT_",
    "UV_CACHE_DIR",
    "UV_NO_CACHE",
    "UV_LINK_MODE",
    "UV_OFFLINE",
    "UV_CONFIG_FILE",
)
OLDEST, NEWEST = (3, 11), (3, 13)  # the Pythons that the locks and TensorFlow's wheels cover


def main(*arguments: str) -> None:
    """Makes the environment for a device, with this package editable in it, or adds a lock to it.

    Args:
        arguments: of the command line, one of DEVICES or ADDED.
    """
    name = chosen(arguments)
    check_python()
    if name in ADDED:
        pip = venv_pip()
        install_lock(pip, lock(name), pip_settings(pip))
        return
    pip = make_venv()
    settings = pip_settings(pip)
    environment = pip_environment(settings)
    run([*pip, "install", "--quiet", "--require-hashes", "-r", lock("uv")], environment)
    install_lock(pip, lock(name), settings)
    # setuptools is in the lock: building the package downloads nothing.
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([*pip, "install", "--quiet", *editable], environment)


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


def install_lock(pip: "list[str]", path: str, settings: "dict[str, str]") -> None:
    """Installs a lock, checking every hash.

    Args:
        pip: its command.
        path: of the lock.
        settings: as `pip_settings` gives them.
    """
    print(f"installing {path} into .venv", flush=True)
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", VENV_PYTHON]
    try:
        # Compiled now, since a machine may forbid Python to do so later, and then every job
        # would spend seconds compiling TensorFlow's modules.
        run([*uv, "--compile-bytecode", "--require-hashes", "-r", path], uv_environment(settings))
    except subprocess.CalledProcessError:
        print("uv could not install it: pip does, which takes longer", flush=True)
        install = [*pip, "install", "--quiet", "--require-hashes", "-r", path]
        run(install, pip_environment(settings))


def pip_settings(pip: "list[str]") -> "dict[str, str]":
    """Where the user's pip takes packages from: the settings of PIP_KEPT that it has.

    `pip config list` prints a line `SECTION.KEY='VALUE'` for each setting, of all its files and of
    the environment. The section of a command goes before the one for all, and the environment
    before both. Its own options follow them, too: `user = true` would leave out all but one file.

    Raises:
        SystemExit: pip cannot read them.
    """
    all_files = {**os.environ, "PIP_USER": "0", "PIP_GLOBAL": "0", "PIP_SITE": "0"}
    shown = subprocess.run([*pip, "config", "list"], env=all_files, capture_output=True, text=True)
    if shown.returncode != 0:
        reason = (shown.stderr.strip() or "no reason given").splitlines()[-1]
        sys.exit(f"error: pip cannot read its configuration: {reason}")
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in shown.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in found and key in PIP_KEPT:
            found[section][key] = str(ast.literal_eval(value))
    return {**found["global"], **found["install"], **found[":env:"]}


def pip_environment(settings: "dict[str, str]") -> "dict[str, str]":
    """The environment for pip: this one, with no other settings of pip's than the given ones.

    Where PIP_CONFIG_FILE is the null device, pip reads none of its files.
    """
    others = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    given = {f"PIP_{key.upper().replace('-', '_')}": value for key, value in settings.items()}
    return {**others, **given, "PIP_CONFIG_FILE": os.devnull}


def uv_environment(settings: "dict[str, str]") -> "dict[str, str]":
    """The environment for uv, which does not read pip's settings: with pip's index, if it has none.

    Files of uv's stay in force, since its index may be named there.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("UV_") or key.startswith(UV_KEPT)
    }
    index = {"UV_DEFAULT_INDEX": settings["index-url"]} if "index-url" in settings else {}
    return {**index, **kept}


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
