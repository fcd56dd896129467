"""Answers as the AWS CLI shows them: JSON, YAML, text or tables.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import yaml

from iamd.console.terminal.problems import FAILED, Problem
from iamd.console.terminal.query import weight
from iamd.console.terminal.table import table
from iamd.wire.model import Shape
from iamd.wire.shared import Shared

LONGEST = 300_000  # characters and values of an answer that is shown
WRITTEN = 3_000_000  # characters of what is shown: indentation and tables can take far more than what is in them
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where PyYAML was built with it
_POLICY = "policyDocumentType"  # IAM's documents, which it answers percent-encoded


def plain(shape: Shape, value: Any) -> Any:
    """An answer by the model as the AWS CLI has it: times as texts, documents of policies opened."""
    if type(value) is Shared:
        value = value.members
    if shape.document:
        return value
    if shape.type == "structure":
        return {
            member.wire_name: plain(member.shape, value[member.name])
            for member in shape.members
            if value.get(member.name) is not None
        }
    if shape.type == "list":
        return [plain(shape.element.shape, each) for each in value]
    if shape.type == "map":
        return {str(key): plain(shape.value.shape, each) for key, each in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return _opened(value) if shape.name == _POLICY else value


def _opened(document: str) -> Any:
    try:
        return json.loads(unquote(document))
    except (ValueError, RecursionError):
        return document


def written(value: Any, output: str, title: str) -> str:
    """A value in one of the forms; nothing of an answer without content. Raises Problem for what is too long."""
    if value == {}:
        return ""
    if weight(value, LONGEST) > LONGEST:
        raise _too_long()
    page = _Page()
    if output == "text":
        page.take(f"{line}\n" for line in _lines(value))
    elif output == "table":
        page.take(f"{line}\n" for line in table(title, value))
    elif output == "yaml":
        _dump(value, page)
    else:
        page.take((*json.JSONEncoder(indent=4, ensure_ascii=False).iterencode(value), "\n"))
    return page.text()


class _Page:
    """Takes what is written, piece by piece, as far as it can be shown. Raises Problem for what is too long."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = WRITTEN

    def write(self, piece: str) -> None:
        self._pieces.append(piece)
        self._left -= len(piece)
        if self._left < 0:
            raise _too_long()

    def take(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            self.write(piece)

    def text(self) -> str:
        return "".join(self._pieces)


def _too_long() -> Problem:
    return Problem("The answer is too long to be shown here: ask for less, by --max-items or --query.", FAILED)


def _dump(value: Any, page: _Page) -> None:
    try:
        yaml.dump(
            value, page, Dumper=_DUMPER, default_flow_style=False, sort_keys=False, allow_unicode=True, width=1_000
        )
    except (UnicodeEncodeError, RecursionError):  # a query can make what no answer has
        raise Problem("The answer cannot be shown in YAML: take --output json.", FAILED) from None


def _lines(value: Any, name: str | None = None, columns: list[str] | None = None) -> Iterator[str]:
    """Values with tabs between: the scalars of a structure in one line, in the order of their names, which is that of
    all structures of a list; what is below follows behind the name of its member."""
    if isinstance(value, Mapping):
        yield from _structure(value, name, columns)
    elif not isinstance(value, list):
        yield str(value)
    elif any(isinstance(each, Mapping) for each in value):
        shared = sorted({key for each in value if isinstance(each, Mapping) for key in each if _is_scalar(each[key])})
        for each in value:
            yield from _lines(each, name, shared)
    else:
        scalars = [each for each in value if _is_scalar(each)]
        if scalars:
            yield from _scalars(scalars, name)
        for each in value:
            if not _is_scalar(each):
                yield from _lines(each, name)


def _structure(value: Mapping[str, Any], name: str | None, columns: list[str] | None) -> Iterator[str]:
    own = sorted(key for key in value if _is_scalar(value[key])) if columns is None else columns
    if own:
        yield "\t".join([*([name.upper()] if name is not None else []), *(str(value.get(key, "")) for key in own)])
    for key in sorted(value.keys() - set(own)):
        yield from _lines(value[key], key)


def _scalars(values: Iterable[Any], name: str | None) -> Iterator[str]:
    if name is None:
        yield "\t".join(map(str, values))
    else:
        yield from (f"{name.upper()}\t{each}" for each in values)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, list | dict)
