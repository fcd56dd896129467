"""Shorthand syntax: `Key=team,Value=red`, `Names=a,b`, `Pair={Key=a,Value=[b,c]}` without the punctuation of JSON.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
"""

from __future__ import annotations

import re
from typing import Any

from iamd.console.terminal.problems import Problem

_DEEPEST = 32
_KEY = re.compile(r"[A-Za-z0-9\-_.#/:]*")
_SPACE = re.compile(r"\s*")
_SINGLE = re.compile(r"'((?:\\'|[^'])*)'")
_DOUBLE = re.compile(r'"((?:\\"|[^"])*)"')
# A bare value: its first character, then what may follow; in a list after a comma, no "=" may, which begins a pair.
_FIRST = re.compile(r"""(?:\\,|[^\x00-\x20"',=\[{])(?:\\,|[^"',\]}])*""")
_NEXT = re.compile(r"""(?:\\,|[^\x00-\x20"',=\[{])(?:\\,|[^"',=])*""")


class _Mismatch(Exception):
    """What was expected is not there."""


def parse(text: str) -> dict[str, Any]:
    """The pairs of a text: keys to texts, lists and pairs. Raises Problem, which points at the place."""
    reader = _Reader(text)
    try:
        return reader.pairs()
    except _Mismatch as mismatch:
        at = reader.at
        found = text[at] if at < len(text) else "EOF"
        raise Problem(f"Expected: '{mismatch}', received: '{found}' for input:\n{text}\n{' ' * at}^") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def pairs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            start = self.at
            key = self.key()
            if key in found:
                self.at = start
                raise Problem(
                    f'Second instance of key "{key}" encountered for input:\n{self.text}\n{" " * start}^\n'
                    'This is often because there is a preceding "," instead of a space.'
                )
            found[key] = self.values()
            if self.at >= len(self.text):
                return found
            self.expect(",")

    def key(self) -> str:
        key = self.matched(_KEY) or ""
        self.expect("=")
        return key

    def values(self) -> Any:
        """A value, or several with commas between."""
        if self.at >= len(self.text):
            return ""
        if self.present() in ("[", "{"):
            return self.nested()
        found = [self.value(_FIRST)]
        while self.present() == ",":
            comma = self.at
            self.expect(",")
            if self.present() in ("[", "{", ""):
                self.at = comma
                break
            another = self.value(_NEXT, missing=None)
            if another is None or self.present() not in (",", ""):  # it is the key of the next pair
                self.at = comma
                break
            found.append(another)
        return found[0] if len(found) == 1 else found

    def nested(self) -> Any:
        """A list in brackets, pairs in braces, or a single value."""
        opening = self.present()
        if opening not in ("[", "{"):
            return self.value(_FIRST)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Problem("The parameter is nested too deeply.")
        self.expect(opening)
        closing = "]" if opening == "[" else "}"
        several: list[Any] = []
        pairs: dict[str, Any] = {}
        while self.present() != closing:
            if opening == "[":
                several.append(self.nested())
            else:
                key = self.key()
                pairs[key] = self.nested()
            if self.present() != closing:
                self.expect(",")
        self.expect(closing)
        self.depth -= 1
        return several if opening == "[" else pairs

    def value(self, bare: re.Pattern[str], missing: str | None = "") -> Any:
        """A quoted or bare value; `missing` where there is none."""
        for quoted, mark in ((_SINGLE, "'"), (_DOUBLE, '"')):
            if self.present() == mark:
                found = quoted.match(self.text, self.at)
                if found is None:
                    raise _Mismatch(mark)
                self.at = found.end()
                self.matched(_SPACE)
                return found[1].replace(f"\\{mark}", mark).replace("\\\\", "\\")
        text = self.matched(bare)
        return missing if text is None else text.replace("\\,", ",").rstrip()

    def matched(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def present(self) -> str:
        return self.text[self.at : self.at + 1]

    def expect(self, mark: str) -> None:
        self.matched(_SPACE)
        if self.present() != mark:
            raise _Mismatch(mark)
        self.at += 1
        self.matched(_SPACE)
