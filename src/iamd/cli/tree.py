"""Text for people: trees, marks and colours, as far as the terminal has them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

YES, NO, ASIDE, PLAIN = "yes", "no", "aside", ""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOURS = {YES: "32", NO: "31", ASIDE: "2", "title": "1"}
_MARKS = {YES: "✓ ", NO: "✗ ", ASIDE: "· ", PLAIN: ""}
_ASCII_MARKS = {YES: "+ ", NO: "x ", ASIDE: ". ", PLAIN: ""}


@dataclass(slots=True)
class Node:
    """A line and what belongs to it; `mark` is YES, NO, ASIDE or PLAIN."""

    text: str
    mark: str = PLAIN
    children: list[Node] = field(default_factory=list)


class Paper:
    """How to write to a stream: in colour on a terminal (unless NO_COLOR is set), with lines where it can show them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.colour = out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        wide = (getattr(out, "encoding", None) or "").lower().replace("-", "") == "utf8"
        self._marks = _MARKS if wide else _ASCII_MARKS
        self._bars = ("├─ ", "└─ ", "│  ") if wide else ("|- ", "`- ", "|  ")

    def title(self, text: str, mark: str = PLAIN) -> None:
        """Write a line in bold, or in the mark's colour."""
        print(self._coloured(text, mark or "title"), file=self._out)

    def line(self, text: str = "", mark: str = PLAIN, indent: str = "") -> None:
        print(indent + self._coloured(self._marks[mark] + text, mark), file=self._out)

    def tree(self, nodes: list[Node]) -> None:
        """Write each node with its children below it."""
        for line in self._drawn(nodes, ""):
            print(line, file=self._out)

    def _drawn(self, nodes: list[Node], before: str) -> Iterator[str]:
        for at, node in enumerate(nodes):
            last = at == len(nodes) - 1
            branch = self._bars[1 if last else 0]
            yield before + branch + self._coloured(self._marks[node.mark] + node.text, node.mark)
            yield from self._drawn(node.children, before + ("   " if last else self._bars[2]))

    def _coloured(self, text: str, mark: str) -> str:
        text = _CONTROLS.sub("?", text)  # names that others chose must not steer the terminal
        code = _COLOURS.get(mark)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text
