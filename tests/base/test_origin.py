"""Where results come from: the commit of the code, and what logs say of it."""

import logging
import subprocess

import pytest

from whysgd.base import origin
from whysgd.base.scripting import script_log


def git(folder, *arguments):
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A project with one commit."""
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "code.py").write_text("one\n")
    (tmp_path / "README.md").write_text("one\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "code")
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    return tmp_path


def running_code():
    return origin.running_code.__wrapped__()


def test_a_commit_of_texts_changes_nothing(repository):
    before = running_code()
    assert before == origin.Code(origin.head_commit(), clean=True)
    (repository / "README.md").write_text("two\n")
    assert running_code() == before
    git(repository, "commit", "--quiet", "-am", "texts")
    assert running_code() == before
    assert origin.head_commit() != before.commit


def test_a_commit_or_an_edit_of_code_shows(repository):
    before = running_code()
    (repository / "workflow" / "code.py").write_text("two\n")
    assert running_code() == origin.Code(before.commit, clean=False)
    assert str(running_code()) == f"{before.commit[:10]}+"
    git(repository, "commit", "--quiet", "-am", "more code")
    assert running_code() == origin.Code(origin.head_commit(), clean=True)
    assert running_code() != before


def test_without_a_repository_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    monkeypatch.delenv("WHYSGD_COMMIT", raising=False)
    assert running_code() == origin.Code(None, None, "no repository that Git can read")
    assert str(running_code()) == "unknown (no repository that Git can read)"
    assert origin.head_commit() is None


@pytest.fixture
def inside(repository, monkeypatch):
    """The project as an archive that was unpacked in somebody's repository."""
    unpacked = repository / "vendor" / "whysgd"
    (unpacked / "workflow").mkdir(parents=True)
    (unpacked / "workflow" / "code.py").write_text("ours\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "somebody's")
    monkeypatch.setattr(origin, "ROOT", unpacked)
    monkeypatch.delenv("WHYSGD_COMMIT", raising=False)
    return unpacked


def test_the_commit_of_somebodys_repository_is_not_named(inside, monkeypatch):
    why = "a folder of another project's repository"
    assert running_code() == origin.Code(None, None, why)
    assert origin.head_commit() is None
    uncached = origin.running_code.__wrapped__
    monkeypatch.setattr(origin, "running_code", uncached)
    assert origin.origin()["why_unknown"] == why
    assert origin.credit("0123") == f"whysgd, commit unknown ({why}), configuration 0123"
    git(inside, "init", "--quiet")  # a repository of its own, which has no commit
    assert uncached() == origin.Code(None, None, "no commit of this project's files")


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_git_is_not_led_elsewhere(repository, tmp_path_factory, monkeypatch, variable):
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet")
    (other / "a").write_text("")
    git(other, "add", ".")
    git(other, "commit", "--quiet", "-m", "another")
    before, head = running_code(), origin.head_commit()
    values = {
        "GIT_DIR": other / ".git",
        "GIT_WORK_TREE": other,
        "GIT_INDEX_FILE": other / ".git" / "index",
    }
    monkeypatch.setenv(variable, str(values[variable]))
    assert running_code() == before
    assert origin.head_commit() == head
    if variable == "GIT_DIR":  # what Git does by itself, which is why the variables are left out
        command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert found.strip() != head


def test_a_log_tells_where_its_job_ran(tmp_path):
    log = tmp_path / "job.log"
    with script_log(log) as logger:
        origin.log_origin(logger, {"gpus": ["a GPU"]})
        logger.info("origin is also a word")
    found = origin.logged_origin(log)
    assert found == {**origin.origin(), "gpus": ["a GPU"]}
    assert found["cores"] > 0
    assert origin.logged_origin(tmp_path / "no.log") == {}
    assert logging.getLogger("whysgd").handlers == []


@pytest.mark.parametrize("edited", [False, True])
def test_a_process_without_git_is_told_the_commit(repository, monkeypatch, edited):
    if edited:
        (repository / "workflow" / "code.py").write_text("two\n")
    uncached = origin.running_code.__wrapped__
    monkeypatch.setattr(origin, "running_code", uncached)
    monkeypatch.setenv("WHYSGD_COMMIT", "of something else")
    code = uncached()
    assert code.clean is not edited
    origin.offer_commit()
    monkeypatch.setenv("PATH", "")
    assert origin.head_commit() is None
    assert uncached() == code
