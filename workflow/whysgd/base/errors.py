"""What ends a job in one line: mistakes that a user can mend, and signals."""


class UserError(Exception):
    """A mistake in the configuration, the data or the files, told in one line.

    The message names the key, the file or the run and says what to do. Entry points
    (the Snakefile, the scripts, the command line) print it without a traceback and
    exit with status 1; anything else that is raised is a fault of ours.
    """


class TrainingInterruptedError(Exception):
    """A signal ended the training; a checkpoint was written if the job has a folder for them."""

    def __init__(self, signal_number: int, message: str) -> None:
        """Remembers the signal, for the exit status."""
        super().__init__(message)
        self.exit_status = 128 + signal_number
