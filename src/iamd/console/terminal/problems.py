"""What is wrong with a command, in the words and with the exit codes of the AWS CLI.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
"""

from __future__ import annotations

WRONG = 252
"""The command, or what was given to it, is wrong."""
REFUSED = 254
"""The service refused the request."""
FAILED = 255
"""Anything else."""

_USAGE = """usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help
"""


class Problem(Exception):
    """A command that cannot be run; the message is what is shown."""

    def __init__(self, message: str, status: int = WRONG) -> None:
        super().__init__(message)
        self.status = status


def misused(message: str) -> Problem:
    """A command with a word that does not belong there, or without one that does."""
    return Problem(f"\n{_USAGE}\naws: error: {message}")
