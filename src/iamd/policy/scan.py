"""JSON with places: a strict reader for policy documents.

The standard library's reader keeps no positions, takes the last of two equal keys, and recurses as deep as the text
says. This one is linear in the text, refuses repeated keys, NaN, unpaired surrogates and control characters, and
stops at a depth that no policy needs.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

DEEPEST = 24

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FOREIGN = re.compile(r"[^\t\n\r\x20-\xff]")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_INSIGNIFICANT = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+', re.DOTALL)


class NotJson(ValueError):
    """The text is not JSON as policies may use it; `offset` tells where it stops being so."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


@dataclass(slots=True)
class Number:
    """A number as it was written."""

    text: str


@dataclass(slots=True)
class Array:
    """`before` holds, for each item, the offset right behind the `[` or `,` that comes before it."""

    items: list[Value]
    before: list[int]


@dataclass(slots=True)
class Object:
    """`start` is the offset right behind the `{`, `end` the one right behind the `}`."""

    members: dict[str, Value]
    start: int
    end: int


Value = Object | Array | list[Any] | str | Number | bool | None  # a plain list: an array that was read without places

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> str:
        """Pass over white space; the next character, or an empty text at the end."""
        found = _SPACE.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> Value:
        if depth > DEEPEST:
            raise NotJson("nested too deeply", self.at)
        first = self.skip()
        if first == "{":
            return self.object(depth)
        if first == "[":
            return self.array(depth)
        if first == '"':
            return self.string()
        found = _NUMBER.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            return Number(found.group())
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        raise NotJson("expected a value", self.at)

    def string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise NotJson("unfinished string or control character in it", self.at)
        raw: str = found.group(1)
        if "\\" in raw:
            try:
                raw = json.loads(found.group())
            except ValueError:
                raise NotJson("invalid escape", self.at) from None
            if _UNFIT.search(raw):
                raise NotJson("control character or unpaired surrogate", self.at)
        self.at = found.end()
        return raw

    def object(self, depth: int) -> Object:
        self.at += 1
        made = Object({}, self.at, 0)
        if self.skip() != "}":
            while True:
                if self.skip() != '"':
                    raise NotJson("expected a key", self.at)
                place = self.at
                key = self.string()
                if key in made.members:
                    raise NotJson(f"repeated key `{key}`", place)
                if self.skip() != ":":
                    raise NotJson("expected `:`", self.at)
                self.at += 1
                made.members[key] = self.value(depth + 1)
                if self.skip() != ",":
                    break
                self.at += 1
            if self.skip() != "}":
                raise NotJson("expected `,` or `}`", self.at)
        self.at += 1
        made.end = self.at
        return made

    def array(self, depth: int) -> Array:
        self.at += 1
        made = Array([], [])
        before = self.at
        if self.skip() != "]":
            while True:
                made.before.append(before)
                made.items.append(self.value(depth + 1))
                if self.skip() != ",":
                    break
                self.at += 1
                before = self.at
            if self.skip() != "]":
                raise NotJson("expected `,` or `]`", self.at)
        self.at += 1
        return made


def scan(text: str) -> Value:
    """The value that the text is; NotJson when it is none."""
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        raise NotJson("character outside U+0009, U+000A, U+000D, U+0020 to U+00FF", foreign.start())
    scanner = _Scanner(text)
    value = scanner.value(0)
    if scanner.skip():
        raise NotJson("text behind the document", scanner.at)
    return value


def scan_quickly(text: str) -> Value:
    """The same value without places, several times as fast; NotJson where `scan` would say so, or has to be asked.

    The standard library's reader does the work, and leaves to `scan` what it reads otherwise than JSON should be.
    """
    if "\\" in text or _FOREIGN.search(text) is not None:
        raise NotJson("not plain enough", 0)
    try:
        value: Value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise NotJson("not read", 0) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> Object:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated key")
    return Object(members, 0, 0)


def _refuse(word: str) -> None:
    raise ValueError(f"`{word}` is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_refuse)


class Lines:
    """Turns offsets into lines and columns, both counted from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def size(text: str) -> int:
    """The length of a document as quotas count it: white space between the JSON tokens is free."""
    return len(_INSIGNIFICANT.sub(lambda found: found.group(1) or "", text))
