"""A line as words: quoting as in a POSIX shell, and nothing else of one."""

from __future__ import annotations

import shlex

from iamd.console.terminal.problems import Problem

LONGEST = 65_536  # characters of a line: a policy document fits
_OPERATORS = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "2>&1"})
_SUBSTITUTED = ("$(", "`")


def split(line: str) -> list[str]:
    """The words of a line; a backslash before the end of a line joins it to the next. Raises Problem."""
    if len(line) > LONGEST:
        raise Problem(f"A command may have {LONGEST} characters.")
    joined = line.replace("\\\r\n", "").replace("\\\n", "")
    try:
        words = shlex.split(joined)
    except ValueError:
        raise Problem("A quotation is not closed.") from None
    foreign = next((word for word in words if word in _OPERATORS or word.startswith(_SUBSTITUTED)), None)
    if foreign is not None:
        raise Problem(f"{foreign}: this terminal has no shell. It runs one command of the AWS CLI at a time.")
    return words


def last(line: str) -> tuple[list[str], str]:
    """The complete words of an unfinished line, and the beginning of the one that is being typed."""
    text = line[-LONGEST:]
    done, at = text.rpartition(" ")[0], text.rpartition(" ")[2]
    try:
        return shlex.split(done), at
    except ValueError:  # within a quotation, where nothing is known
        return [], at
