"""The one exception for mistakes a user can mend."""


class UserError(Exception):
    """A mistake in the configuration, the data or the files, told in one line.

    The message names the key, the file or the run and says what to do. Entry points
    (the Snakefile, the scripts, the command line) print it without a traceback and
    exit with status 1; anything else that is raised is a fault of ours.
    """
