"""Where results come from: the commit of the code, the libraries and the machine.

Every rule's log begins with it, and `whysgd.reporting.provenance` collects it from
there, since the jobs of one scale may have run at several commits and on several machines.
"""

import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
_LINE = "origin "  # begins what a log says of it
_COMMIT = "WHYSGD_COMMIT"  # for processes without Git, as in a container
_FIRST_LINES = 20  # of a log, among which it is
# What can change a result. Commits of texts and tests alone change no byte of a figure.
_SOURCES = ("Snakefile", "config", "envs", "rules", "workflow")
_GIT_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_LOCKS = ("envs/requirements-cpu.txt", "envs/requirements-cuda.txt")
_PACKAGES = (
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "seaborn",
    "pydantic",
    "snakemake",
)


@dataclass(frozen=True)
class Code:
    """The code that runs.

    Attributes:
        commit: the newest one that changed anything that results depend on; None where there is no
            Git or no repository, as in a downloaded archive.
        clean: whether the tracked files are as that commit has them; None as above.
        why_unknown: why there is no commit.
    """

    commit: str | None
    clean: bool | None
    why_unknown: str | None = None

    def __str__(self) -> str:
        """Ten digits of the commit, and a plus where files differ from it; or why there is none."""
        if self.commit is None:
            return f"unknown ({self.why_unknown})" if self.why_unknown else "unknown"
        return f"{self.commit[:10]}{'' if self.clean else '+'}"


@cache
def running_code() -> Code:
    """The code of this process, as it was when this was first asked.

    Where Git tells nothing, it is what `offer_commit` has left.
    """
    why_unknown = _why_no_repository()
    commit = "" if why_unknown else _git("log", "-1", "--format=%H", "--", *_SOURCES)
    if commit:
        # No lock: jobs that start together must not wait for each other, nor fail.
        changed = _git(
            "--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--", *_SOURCES
        )
        return Code(commit, None if changed is None else not changed)
    offered, _, state = os.environ.get(_COMMIT, "").partition(" ")
    if offered:
        return Code(offered, {"clean": True, "changed": False}.get(state))
    return Code(None, None, why_unknown or "no commit of this project's files")


def _why_no_repository() -> str | None:
    """Why Git cannot name a commit of this project; None: it can.

    Git looks for a repository in the folders above, too: that is somebody else's, in which an
    archive of this project was unpacked.
    """
    if shutil.which("git") is None:
        return "no Git"
    top = _git("rev-parse", "--show-toplevel")
    if top is None:
        return "no repository that Git can read"
    if Path(top).resolve() != ROOT.resolve():
        return "a folder of another project's repository"
    return None


def offer_commit() -> None:
    """Tells the processes that this one starts which code they run.

    Images hold no Git, and Git refuses folders of other users.
    """
    code = running_code()
    if code.commit:
        state = {True: " clean", False: " changed", None: ""}[code.clean]
        os.environ[_COMMIT] = code.commit + state


def head_commit() -> str | None:
    """The commit that is checked out; None as for `Code`."""
    return None if _why_no_repository() else _git("rev-parse", "HEAD")


def origin() -> dict[str, Any]:
    """The code, the packages and the machine of this process, ready for JSON."""
    code = running_code()
    return {
        "commit": code.commit,
        "clean": code.clean,
        **({"why_unknown": code.why_unknown} if code.why_unknown else {}),
        "locks": locks(),
        "versions": package_versions(),
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
    }


def log_origin(logger: logging.Logger, content: dict[str, Any]) -> None:
    """Adds to what a log says of where its job's results come from."""
    logger.info("%s%s", _LINE, json.dumps(content))


def logged_origin(log: str | Path) -> dict[str, Any]:
    """What `log_origin` has put into a log; empty where that is missing."""
    found: dict[str, Any] = {}
    with suppress(OSError), Path(log).open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, _FIRST_LINES):
            _, separator, text = line.partition(f" {_LINE}{{")
            if separator:
                found |= json.loads("{" + text)
    return found


def credit(configuration: str) -> str:
    """What a figure's file says of itself.

    Args:
        configuration: hash of all settings that the figure depends on.
    """
    code = running_code()
    changes = " with changes" if code.clean is False else ""
    return f"whysgd, commit {code.commit or code}{changes}, configuration {configuration}"


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def package_version(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def package_versions() -> dict[str, str]:
    """The installed versions of the packages that results may depend on."""
    return {name: version for name in _PACKAGES if (version := package_version(name))}


@cache
def locks() -> dict[str, str]:
    """SHA-256 of each lock that the environment may have been made from, hexadecimal."""
    return {
        name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        for name in _LOCKS
        if (ROOT / name).is_file()
    }


def _git(*arguments: str) -> str | None:
    """What Git prints in the project's folder; None where it fails or there is none.

    GIT_DIR and its like, which would lead it to another repository, are left out: hooks of other
    repositories set them. The user's settings stay, since they may say whose folders are trusted.
    """
    command = ["git", "-C", str(ROOT), *arguments]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _GIT_KEPT
    }
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
