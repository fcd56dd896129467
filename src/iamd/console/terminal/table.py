"""Answers as tables: a section for each structure or list, one within the other, all of one width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from iamd.console.terminal.problems import FAILED, Problem

_PAD = 4  # around a cell's text, with one border
_CELLS = 300_000


@dataclass(slots=True)
class _Section:
    """A title with rows below it, and the names of their columns if they have any; so far from the border."""

    title: str
    depth: int
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def widths(self) -> list[int]:
        """The widths of the columns' texts."""
        lines = [self.header, *self.rows] if self.header else self.rows
        columns = max((len(line) for line in lines), default=0)
        return [max(_width(line[at]) for line in lines if at < len(line)) for at in range(columns)]

    def width(self) -> int:
        """How wide it would like to be, with all that is around it."""
        cells = sum(width + _PAD for width in self.widths())
        return max(_width(self.title) + 2 + 2 * self.depth, cells + 2 + 2 * self.depth)


def table(title: str, value: Any) -> Iterator[str]:
    """The lines of the table of an answer, under its title; none where there is nothing to show. Each is drawn when it is
    asked for: together they can be far longer than what is in them. Raises Problem for what has too many cells."""
    sections: list[_Section] = []
    _collect(sections, title, value, 0)
    if not sections:
        return
    for section in sections:
        if section.header and len(section.rows) == 1:  # stands upright, so that it needs less width
            section.rows = [list(pair) for pair in zip(section.header, section.rows[0], strict=True)]
            section.header = []
    width = max(section.width() for section in sections)
    yield "-" * width
    for section in sections:
        edge = "|" * section.depth
        for line in _drawn(section, width - 2 * section.depth):
            yield f"{edge}{line}{edge}"


def _collect(sections: list[_Section], title: str | None, value: Any, depth: int) -> None:
    if value is None or value in ({}, [], ""):
        return
    if title is not None:
        sections.append(_Section(title, depth))
    if isinstance(value, dict):
        _structure(sections, value, depth)
    elif not isinstance(value, list):
        sections[-1].rows.append([str(value)])
    elif isinstance(value[0], dict):
        _structures(sections, [each for each in value if isinstance(each, dict)], title or "", depth)
    else:
        for each in value:
            if _is_scalar(each):
                sections[-1].rows.append([str(each)])
            elif isinstance(each, list) and all(map(_is_scalar, each)):
                sections[-1].rows.append([str(cell) for cell in each])
            else:
                _collect(sections, None, each, depth)


def _structure(sections: list[_Section], value: dict[str, Any], depth: int) -> None:
    """One structure: its scalars as pairs of name and value."""
    names = sorted(name for name in value if _is_scalar(value[name]))
    sections[-1].rows += [[name, str(value[name])] for name in names]
    for name in sorted(value.keys() - set(names)):
        _collect(sections, name, value[name], depth + 1)


def _structures(sections: list[_Section], values: Sequence[dict[str, Any]], title: str, depth: int) -> None:
    """Several structures: a row each; where something is below them, a section each."""
    names = sorted({name for value in values for name in value if _is_scalar(value[name])})
    below = sorted({name for value in values for name in value} - set(names))
    if len(values) * (len(names) + len(below)) > _CELLS:
        raise Problem("The answer has too many cells for a table: take --output json.", FAILED)
    sections[-1].header = names
    for at, value in enumerate(values):
        if at and below:
            sections.append(_Section(title, depth, names))
        sections[-1].rows.append([str(value.get(name, "")) for name in names])
        for name in below:
            if name in value:
                _collect(sections, name, value[name], depth + 1)


def _drawn(section: _Section, width: int) -> Iterator[str]:
    if section.title:
        yield _centred(section.title, width, "|")
    widths = _stretched([each + _PAD for each in section.widths()], width)
    rule = "+" + "".join(f"{'-' * (each - 1)}+" for each in widths)[1:]
    if not widths:
        yield f"+{'-' * (width - 2)}+"
        return
    if section.header:
        yield rule
        yield _row(section.header, widths, centred=True)
    yield rule
    for row in section.rows:
        yield _row(row, widths)
    yield rule


def _row(cells: Sequence[str], widths: Sequence[int], *, centred: bool = False) -> str:
    drawn = []
    for at, width in enumerate(widths):
        text = cells[at] if at < len(cells) else ""
        edge = "" if at else "|"
        left = f"{edge}  {text}"
        drawn.append(_centred(text, width, edge) if centred else f"{left}{' ' * (width - 1 - _width(left))}|")
    return "".join(drawn)


def _centred(text: str, width: int, edge: str) -> str:
    left = f"{edge}{' ' * (width // 2 - _width(text) // 2 - 1)}{text}"
    return f"{left}{' ' * (width - 1 - _width(left))}|"


def _stretched(widths: list[int], width: int) -> list[int]:
    """The widths of columns, in the same proportion, that fill so much."""
    if not widths:
        return widths
    found = [round(each * width / sum(widths)) for each in widths]
    at = 0
    while sum(found) != width:
        found[at % len(found)] += 1 if sum(found) < width else -1
        at += 1
    return found


def _width(text: str) -> int:
    """Columns that a text takes; wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "FW" else 1 for each in text)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, list | dict)
