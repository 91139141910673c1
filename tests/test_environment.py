"""The locks, the conda files and container recipes, the set-up of .venv, and the profiles."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ENVS = ROOT / "envs"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["benchmark", "cpu", "cuda", "uv"]
DEVICES = ["cpu", "cuda"]
OPTIONAL = {"jax", "torch"}  # what benchmarks compare with, where it is installed


def lock_entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """The requirements of a lock, each with its hashes."""
    text = (ENVS / f"requirements-{name}.txt").read_text()
    logical = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE))
    entries = [line.split("--hash=") for line in logical.splitlines() if line.strip()]
    return [(Requirement(first), [h.strip() for h in hashes]) for first, *hashes in entries]


def pins(requirements: list[Requirement]) -> list[tuple[str, str]]:
    """Names and versions; anything but `name == version` is an error."""
    found: list[tuple[str, str]] = []
    for requirement in requirements:
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), f"{requirement} is not pinned"
        found.append((canonicalize_name(requirement.name), str(requirement.specifier)[2:]))
    return found


def lock_versions(name: str) -> dict[str, str]:
    """The version of each package in a lock."""
    return dict(pins([requirement for requirement, _ in lock_entries(name)]))


def direct_requirements(name: str) -> list[Requirement]:
    """What an .in file asks for, with the files that it includes."""
    found: list[Requirement] = []
    for line in (ENVS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found += direct_requirements(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def conda_pins(device: str) -> tuple[str, dict[str, str]]:
    """Python's version and the pinned packages of a conda file."""
    python, pip, from_pip = yaml.safe_load((ENVS / f"{device}.yaml").read_text())["dependencies"]
    assert pip == "pip"
    return python.removeprefix("python="), dict(pins([Requirement(p) for p in from_pip["pip"]]))


def imported_modules() -> set[str]:
    """Top-level names that our package and the rules' scripts import."""
    found = set()
    for path in (ROOT / "workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).split(".")[0])
    return found - sys.stdlib_module_names - {"whysgd"}


@pytest.fixture
def installer() -> ModuleType:
    """The set-up script as a module."""
    spec = importlib.util.spec_from_file_location("install", ENVS / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_is_pinned_and_hashed(name: str) -> None:
    entries = lock_entries(name)
    assert pins([requirement for requirement, _ in entries])
    for requirement, hashes in entries:
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)


@pytest.mark.parametrize("path", sorted(ENVS.glob("*.*")), ids=lambda path: path.name)
def test_no_index_or_url_is_named(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--[a-z-]*(index|links|host)\S*)\s", text, re.MULTILINE)
    assert not re.search(r"^\S+\s*@\s", text, re.MULTILINE), "a direct reference"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_one_version_of_each_package(name: str) -> None:
    names = [canonicalize_name(requirement.name) for requirement, _ in lock_entries(name)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_up_to_date_with_its_direct_requirements(name: str) -> None:
    locked = lock_versions(name)
    for package, version in pins(direct_requirements(name)):
        assert locked.get(package) == version, "run `make lock`"


def test_both_devices_run_the_same_versions() -> None:
    cpu, cuda = lock_versions("cpu"), lock_versions("cuda")
    shared = cpu.keys() & cuda.keys()
    assert {"numpy", "keras", "tensorflow", "snakemake"} <= shared
    assert {name: cpu[name] for name in shared} == {name: cuda[name] for name in shared}
    assert cpu["tensorflow-cpu"] == cuda["tensorflow"]


@pytest.mark.parametrize("device", DEVICES)
def test_the_benchmarks_lock_changes_no_version_of_the_environment(device: str) -> None:
    benchmark, environment = lock_versions("benchmark"), lock_versions(device)
    shared = benchmark.keys() & environment.keys()
    assert "numpy" in shared
    assert {name: benchmark[name] for name in shared} == {
        name: environment[name] for name in shared
    }


@pytest.mark.parametrize("device", DEVICES)
def test_conda_files_have_the_locks_versions(device: str) -> None:
    locked = lock_versions(device)
    _, conda = conda_pins(device)
    assert conda == {name: locked.get(name) for name in conda}


@pytest.mark.parametrize("device", DEVICES)
def test_conda_files_have_all_that_our_code_imports(device: str) -> None:
    owners = metadata.packages_distributions()
    tensorflow = {"cpu": "tensorflow-cpu", "cuda": "tensorflow"}[device]
    needed = {tensorflow} | {
        canonicalize_name(owners[module][0])
        for module in imported_modules() - {"tensorflow", "snakemake"} - OPTIONAL
    }
    assert needed <= conda_pins(device)[1].keys()


def test_container_recipes_install_the_locks_and_nothing_else() -> None:
    for recipe, device in (("Dockerfile", "${DEVICE}"), ("apptainer.def", "{{ DEVICE }}")):
        text = (ENVS / recipe).read_text()
        (copied,) = re.findall(r"envs/(\S+) ?(\S* ?}}\.txt)? (/\S+)$", text, re.MULTILINE)
        assert f"requirements-{device}.txt" in text
        (installed,) = re.findall(r"pip install (.*)$", text, re.MULTILINE)
        assert installed == f"--no-cache-dir --require-hashes -r {copied[-1]}"
        assert "apt-get" not in text
        (image,) = re.findall(r"^from:? (\S+)$", text, re.MULTILINE | re.IGNORECASE)
        assert {image} == {f"python:{conda_pins(device)[0]}-slim-bookworm" for device in DEVICES}
        assert re.search(r"DEVICE=cpu$", text, re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_a_lock_has_its_direct_requirements_for_every_python(name: str, python: str) -> None:
    here = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "implementation_name": "cpython",
    }

    def meant(requirements: list[Requirement]) -> list[tuple[str, str]]:
        return pins([r for r in requirements if r.marker is None or r.marker.evaluate(here)])

    locked = meant([requirement for requirement, _ in lock_entries(name)])
    assert set(meant(direct_requirements(name))) <= set(locked)
    assert len(dict(locked)) == len(locked)


def test_the_same_pythons_are_named_everywhere(installer: ModuleType) -> None:
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    accepted = [minor for minor in range(6, 30) if supported.contains(f"3.{minor}")]
    oldest, newest = accepted[0], accepted[-1]
    assert (3, oldest) == installer.OLDEST
    assert (3, newest) == installer.NEWEST
    assert PYPROJECT["tool"]["mypy"]["python_version"] == f"3.{oldest}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py3{oldest}"
    assert f"--python-version 3.{oldest} " in (ROOT / "Makefile").read_text()
    for device in DEVICES:
        assert supported.contains(conda_pins(device)[0])


def test_this_environment_is_the_lock() -> None:
    installed = {str(canonicalize_name(d.name)): d.version for d in metadata.distributions()}
    device = "cpu" if "tensorflow-cpu" in installed else "cuda"
    entries = [requirement for requirement, _ in lock_entries(device)]
    needed = dict(pins([r for r in entries if r.marker is None or r.marker.evaluate()]))
    assert {name: installed.get(name) for name in needed} == needed


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unfit_python_is_refused_in_one_line(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setattr(installer, "run", lambda *command: pytest.fail(f"ran {command}"))
    with pytest.raises(SystemExit, match=r"3\.11 to 3\.13 .* this is 3\.1[04]; .*PYTHON=[^\n]*$"):
        installer.main("cpu")


@pytest.mark.parametrize("arguments", [(), ("gpu",), ("uv",), ("cpu", "cuda"), ("--help",)])
def test_a_wrong_argument_is_refused_in_one_line_before_anything_is_done(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(installer, "run", lambda *command: pytest.fail(f"ran {command}"))
    found = " ".join(arguments)
    with pytest.raises(SystemExit, match=f"^error: .* cpu, cuda, benchmark, found '{found}'$"):
        installer.main(*arguments)


def test_every_lock_that_can_be_asked_for_is_there(installer: ModuleType) -> None:
    assert sorted((*installer.DEVICES, *installer.ADDED, "uv")) == LOCKS


@pytest.mark.parametrize("missing", [{"venv"}, {"ensurepip", "pip"}])
def test_a_python_without_venv_or_pip_is_refused_in_one_line(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, missing: set[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else name)
    monkeypatch.setattr(installer, "run", lambda *command: pytest.fail(f"ran {command}"))
    with pytest.raises(SystemExit, match=r"^error: [^\n]* install python3-venv$"):
        installer.main("cpu")


@pytest.mark.parametrize("uv_works", [True, False])
def test_pip_installs_the_lock_where_uv_cannot(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, uv_works: bool
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], environment: dict[str, str] | None = None) -> None:
        commands.append(command)
        if not uv_works and command[0].endswith("uv"):
            raise subprocess.CalledProcessError(2, command)

    monkeypatch.setattr(installer, "run", run)
    installer.install_lock(["the-pip"], "the-lock", {})
    assert [Path(command[0]).name for command in commands] == ["uv", "the-pip"][: 2 - uv_works]
    assert all(command[-3:] == ["--require-hashes", "-r", "the-lock"] for command in commands)


def real_pip(
    monkeypatch: pytest.MonkeyPatch, folder: Path, content: str, **variables: str
) -> list[str]:
    """The command of a pip that has these settings and no others."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    (folder / "pip.conf").write_text(content)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(folder))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(folder / "pip.conf"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return [sys.executable, "-m", "pip"]


ELSEWHERE = """
[global]
index-url = file:///the/index
user = true
constraint = other.txt
[install]
target = /elsewhere
extra-index-url =
    file:///one
    file:///two
"""


def test_of_pips_settings_only_where_packages_come_from_is_followed(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pip = real_pip(monkeypatch, tmp_path, ELSEWHERE, PIP_PREFIX="/elsewhere", PIP_TIMEOUT="7")
    settings = installer.pip_settings(pip)
    machine = {"find-links", "cert", "trusted-host", "proxy"}  # what /etc/pip.conf may add
    assert {key: value for key, value in settings.items() if key not in machine} == {
        "index-url": "file:///the/index",
        "extra-index-url": "\nfile:///one\nfile:///two",
        "timeout": "7",
    }
    environment = installer.pip_environment(settings)
    listed = subprocess.run(
        [*pip, "config", "list"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    # Pip's own word for what it will follow: nothing that leads elsewhere, from files or not.
    assert "/elsewhere" not in listed
    assert "user" not in listed
    assert "constraint" not in listed
    assert "global." not in listed
    assert ":env:.index-url='file:///the/index'" in listed
    assert installer.uv_environment(settings)["UV_DEFAULT_INDEX"] == "file:///the/index"


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", None])
def test_uv_takes_its_own_index_before_pips(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None
) -> None:
    variables = {variable: "file:///mine"} if variable else {}
    pip = real_pip(monkeypatch, tmp_path, "", UV_TARGET="/elsewhere", **variables)
    environment = installer.uv_environment(installer.pip_settings(pip))
    assert environment.get("UV_DEFAULT_INDEX") == ("file:///mine" if variable else None)
    assert "UV_TARGET" not in environment


def test_a_configuration_that_pip_cannot_read_is_one_line(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pip = real_pip(monkeypatch, tmp_path, "user = true\n")
    with pytest.raises(SystemExit, match=r"^error: pip cannot read its configuration: [^\n]+$"):
        installer.pip_settings(pip)


@pytest.mark.parametrize("user", ["environment", "file"])
def test_packages_go_into_the_environment_whatever_pip_is_told(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: str
) -> None:
    content = "[install]\nuser = true\n" if user == "file" else ""
    variables = {"PIP_USER": "1"} if user == "environment" else {}
    pip = real_pip(monkeypatch, tmp_path, content, **variables)
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "user"))
    install = [*pip, "install", "--quiet", "--dry-run", "--no-deps", "--no-index", "--report", "-"]
    package = tmp_path / "a_package-1-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as wheel:
        wheel.writestr("a_package-1.dist-info/METADATA", "Name: a-package\nVersion: 1\n")
        wheel.writestr("a_package-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("a_package-1.dist-info/RECORD", "")
    # In a virtual environment pip refuses to install for the user, which is how set-up failed.
    refused = subprocess.run([*install, package], capture_output=True, text=True)
    assert "User site-packages are not visible" in refused.stderr
    environment = installer.pip_environment(installer.pip_settings(pip))
    subprocess.run([*install, package], env=environment, capture_output=True, check=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all that decides whether .venv is made, older than what the test adds."""
    shutil.copytree(ENVS, tmp_path / "envs")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (1, 1))
    (tmp_path / ".venv").mkdir()
    return tmp_path


def plan_setup(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make setup` would do."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "--dry-run", "setup", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def test_an_interrupted_setup_is_done_again(checkout: Path) -> None:
    assert "envs/install.py cpu" in plan_setup(checkout).stdout


def test_the_benchmarks_packages_are_added_without_making_the_environment_anew(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(
        installer, "run", lambda command, environment=None: commands.append(command)
    )
    monkeypatch.setattr(installer, "pip_settings", lambda pip: {})
    installer.main("benchmark")
    (command,) = commands
    assert command[-3:] == ["--require-hashes", "-r", "envs/requirements-benchmark.txt"]
    assert command[command.index("--python") + 1] == installer.VENV_PYTHON


def test_a_finished_setup_is_not_done_again(checkout: Path) -> None:
    (checkout / ".venv" / ".ready-cpu").touch()
    assert "install.py" not in plan_setup(checkout).stdout


def test_a_changed_lock_is_installed(checkout: Path) -> None:
    ready = checkout / ".venv" / ".ready-cpu"
    ready.touch()
    os.utime(ready, (2, 2))
    (checkout / "envs" / "requirements-cpu.txt").touch()
    assert "envs/install.py cpu" in plan_setup(checkout).stdout


def test_the_device_of_the_environment_stays_until_another_is_asked_for(checkout: Path) -> None:
    (checkout / ".venv" / ".ready-cuda").touch()
    assert "install.py" not in plan_setup(checkout).stdout
    assert "envs/install.py cpu" in plan_setup(checkout, "DEVICE=cpu").stdout


def test_an_unknown_device_is_refused(checkout: Path) -> None:
    refused = plan_setup(checkout, "DEVICE=tpu")
    assert refused.returncode != 0
    assert "DEVICE must be cpu or cuda, not 'tpu'" in refused.stderr


def test_the_default_profile_leaves_the_machine_to_others() -> None:
    profile = yaml.safe_load((ROOT / "profiles" / "default" / "config.yaml").read_text())
    assert not {"executor", "default-resources"} & profile.keys()


def test_the_format_of_every_snakefile_is_checked() -> None:
    (checked,) = re.findall(r"snakefmt --check (.*)", (ROOT / "Makefile").read_text())
    ours = {ROOT / name for name in checked.split()}
    found = {ROOT / "Snakefile", *ROOT.glob("[a-z]*/Snakefile"), *ROOT.glob("[a-z]*/**/*.smk")}
    assert len(found) > 2
    assert [path for path in found if not ours & {path, *path.parents}] == []
