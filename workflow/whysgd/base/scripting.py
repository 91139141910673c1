"""What every rule's script needs: a log file, and mistakes told in one line."""

import errno
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whysgd.base.errors import TrainingInterruptedError, UserError
from whysgd.base.origin import log_origin, offer_commit, origin

_LINE_FORMAT = "%(asctime)s %(message)s"


def offer_package_to_scripts() -> None:
    """Puts this package first on the module path of the processes that this one starts.

    The scripts of rules then find it wherever Snakemake is started, installed or not. Matplotlib
    is kept to the user's caches: it would make a folder for settings. It draws into files alone:
    importing it fails where MPLBACKEND names a module that is not installed, as that of a notebook
    from which Snakemake was started. They are told the commit, too, for where there is no Git.
    """
    offer_commit()
    root = str(Path(__file__).resolve().parents[2])
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [path for path in others if path and path != root]
    os.environ["PYTHONPATH"] = os.pathsep.join([root, *kept])
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    os.environ["MPLBACKEND"] = "agg"
    os.environ.setdefault("MPLCONFIGDIR", str(Path(caches) / "matplotlib"))


@contextmanager
def logging_to(handler: logging.Handler, line_format: str) -> Iterator[logging.Logger]:
    """The project's logger, writing to one more handler within the block."""
    logger = logging.getLogger("whysgd")
    handler.setFormatter(logging.Formatter(line_format, "%Y-%m-%d %H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def ends_with_its_reader() -> Iterator[None]:
    """Within, a reader of standard output that has seen enough, such as `head`, ends the process.

    It ends quietly, with the status of a process that SIGPIPE has ended, 141: Python turns that
    signal into an error, and would report it again when it empties its buffer at the end.

    Raises:
        UserError: standard output cannot be written to for another reason.
        SystemExit: nobody reads any more.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            sys.exit(128 + signal.SIGPIPE)
        raise UserError(f"standard output cannot be written to ({error.strerror})") from error


@contextmanager
def job_log(path: str | Path) -> Iterator[logging.Logger]:
    """Gives a logger that writes to a job's log file; what the block raises ends up there too.

    The log begins with the code and the machine that the job runs on.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    with logging_to(handler, _LINE_FORMAT) as logger:
        try:
            log_origin(logger, origin())
            yield logger
        except UserError as error:
            logger.error("error: %s", error)
            raise
        except TrainingInterruptedError as error:
            logger.error("stopped by a signal %s", error)
            raise
        except Exception:
            logger.exception("failed")
            raise


@contextmanager
def script_log(path: str | Path) -> Iterator[logging.Logger]:
    """Does for a rule's script what `job_log` does, and ends the process as it should end.

    A `UserError` ends it with status 1; from the log the Snakefile takes its line to the end of
    what Snakemake says. A signal ends it with 128 + its number; any other exception goes on.
    """
    try:
        with job_log(path) as logger:
            yield logger
    except UserError:
        sys.exit(1)
    except TrainingInterruptedError as error:
        sys.exit(error.exit_status)


def add_to_log(path: str | Path, line: str) -> None:
    """Adds a line to the log of a job that ran before."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    with logging_to(handler, _LINE_FORMAT) as logger:
        logger.info(line)
