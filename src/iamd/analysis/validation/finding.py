"""What a check finds, and where."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iamd.analysis.validation.catalogue import TYPES
from iamd.analysis.validation.tree import Node, Step

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
_ANCHORS = {
    "ERROR": "error",
    "SECURITY_WARNING": "security-warning",
    "WARNING": "general-warning",
    "SUGGESTION": "suggestion",
}


@dataclass(frozen=True, slots=True)
class Note:
    """What a check yields: an issue code, the values that it is about, and what its sentence leaves open."""

    code: str
    nodes: tuple[Node, ...]
    fills: dict[str, str]


def note(code: str, *nodes: Node, **fills: str) -> Note:
    """A note of that code about those values."""
    return Note(code, nodes, fills)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the text: the line from 1, column and offset from 0, in characters."""

    line: int
    column: int
    offset: int

    def to_json(self) -> dict[str, int]:
        return {"line": self.line, "column": self.column, "offset": self.offset}


@dataclass(frozen=True, slots=True)
class Location:
    """A value by its path from the document, and by its place in the text."""

    path: tuple[Step, ...]
    start: Position
    end: Position

    def to_json(self) -> dict[str, Any]:
        return {"path": list(self.path), "span": {"start": self.start.to_json(), "end": self.end.to_json()}}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a policy. `type` is ERROR, SECURITY_WARNING, WARNING or SUGGESTION."""

    code: str
    details: str
    locations: tuple[Location, ...]

    @property
    def type(self) -> str:
        return TYPES[self.code]

    @property
    def learn_more(self) -> str:
        """The page of AWS about this check."""
        kind, check = _ANCHORS[self.type], self.code.lower().replace("_", "-")
        return f"{_PAGE}#access-analyzer-reference-policy-checks-{kind}-{check}"

    def to_json(self) -> dict[str, Any]:
        """The finding as ValidatePolicy answers it."""
        return {
            "findingDetails": self.details,
            "findingType": self.type,
            "issueCode": self.code,
            "learnMoreLink": self.learn_more,
            "locations": [location.to_json() for location in self.locations],
        }


class Places:
    """Turns values into locations."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def of(self, nodes: Sequence[Node]) -> tuple[Location, ...]:
        return tuple(Location(tuple(node.path()), self.at(node.start), self.at(node.end)) for node in nodes)

    def at(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1], offset)
