"""What can be wrong with a document, in AWS's words and in the order in which AWS looks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """AWS names the first failing stage; every problem of a document is found, and sorted by this."""

    SYNTAX = 1
    PRINCIPAL = 2
    VERSION = 3
    LEGACY = 4
    SID = 5
    NO_ACTION = 6
    VENDORLESS = 7
    NO_RESOURCE = 8
    RESOURCE = 9
    ACTION = 10
    PRINCIPAL_VALUE = 11


@dataclass(frozen=True, slots=True)
class Problem:
    """`message` is AWS's, `detail` ours where AWS tells nothing; the place is that of the statement or token."""

    rank: Rank
    message: str
    detail: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.line}:{self.column}: {self.message}{detail}"


class MalformedPolicy(ValueError):
    """A document that is refused; `str()` is the message of AWS's MalformedPolicyDocument error."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.rank, problem.line, problem.column)))
        super().__init__(self.problems[0].message)


SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
INVALID_JSON = "This policy contains invalid Json"
