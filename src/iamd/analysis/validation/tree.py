"""JSON with the place of every key and every value.

The engine's own reader keeps the places of statements alone; findings point at single values. It is as strict as that
one: repeated keys, control characters and depths that no policy has are no JSON here either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

DEEPEST = 24

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")|(?P<mark>[{}\[\],:])'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null))"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}

Step = dict[str, object]


class NotJson(ValueError):
    """The text is no JSON; `offset` tells where it stops being so."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


class Node:
    """A value, or a key, with its place.

    `kind` is `object`, `array`, `string`, `number`, `boolean` or `null`; `text` is a string's value, and the JSON of
    numbers, Booleans and null. `step` leads here from `up`, as Access Analyzer's paths have it.
    """

    __slots__ = ("end", "items", "keys", "kind", "members", "start", "step", "text", "up")

    def __init__(self, up: Node | None, step: Step | None, start: int) -> None:
        self.up = up
        self.step = step
        self.start = start
        self.end = start
        self.kind = "null"
        self.text = ""
        self.items: list[Node] = []
        self.members: dict[str, Node] = {}
        self.keys: dict[str, Node] = {}

    def path(self) -> list[Step]:
        """The steps from the document to here."""
        steps: list[Step] = []
        node: Node | None = self
        while node is not None:
            if node.step is not None:
                steps.append(node.step)
            node = node.up
        return steps[::-1]

    def each(self) -> list[Node]:
        """The items of an array; a value that stands alone is its own only item."""
        return self.items if self.kind == "array" else [self]

    def strings(self) -> Iterator[Node]:
        """The strings among `each`."""
        return (node for node in self.each() if node.kind == "string")

    def plain(self) -> object:
        """The value without places, for comparisons."""
        if self.kind == "object":
            return {key: value.plain() for key, value in self.members.items()}
        return [item.plain() for item in self.items] if self.kind == "array" else (self.kind, self.text)


def read(text: str) -> Node:
    """The document that a text is; raises NotJson."""
    reader = _Reader(text)
    root = reader.value(None, None, 0)
    end = _end(_SPACE, text, reader.at)
    if end < len(text):
        raise NotJson("text behind the document", end)
    return root


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def token(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise NotJson("expected a value", _end(_SPACE, self.text, self.at))
        self.at = found.end()
        return found

    def value(self, up: Node | None, step: Step | None, depth: int) -> Node:
        token = self.token()
        kind = token.lastgroup or ""
        written = token[kind]
        node = Node(up, step, token.start(kind))
        if depth > DEEPEST:
            raise NotJson("nested too deeply", node.start)
        if written == "{":
            self.object(node, depth)
        elif written == "[":
            self.array(node, depth)
        elif kind == "mark":
            raise NotJson("expected a value", node.start)
        else:
            node.kind = {"string": "string", "number": "number"}.get(kind, "null" if written == "null" else "boolean")
            node.text = self.string(written, node.start) if kind == "string" else written
        node.end = self.at
        return node

    @staticmethod
    def string(written: str, at: int) -> str:
        if "\\" not in written:
            return written[1:-1]
        try:
            read_: str = json.loads(written)
        except ValueError:
            raise NotJson("invalid escape", at) from None
        return read_

    def object(self, node: Node, depth: int) -> None:
        node.kind = "object"
        token = self.token()
        while token[0][-1] != "}" or token.lastgroup != "mark":
            if token.lastgroup != "string":
                raise NotJson("expected a key", token.start(token.lastgroup or 0))
            start = token.start("string")
            name = self.string(token["string"], start)
            if name in node.members:
                raise NotJson(f"repeated key `{name}`", start)
            key = Node(node, {"key": name}, start)
            key.kind, key.text, key.end = "string", name, self.at
            self.expect(":")
            node.keys[name] = key
            node.members[name] = self.value(node, {"value": name}, depth + 1)
            if self.expect(",}") == "}":
                return
            token = self.token()
            if token["mark"]:
                raise NotJson("expected a key", token.start("mark"))

    def array(self, node: Node, depth: int) -> None:
        node.kind = "array"
        before = self.at
        if self.token()["mark"] == "]":
            return
        self.at = before
        while True:
            node.items.append(self.value(node, {"index": len(node.items)}, depth + 1))
            if self.expect(",]") == "]":
                return

    def expect(self, marks: str) -> str:
        token = self.token()
        found = token["mark"]
        if found is None or found not in marks:
            raise NotJson(f"expected `{'` or `'.join(marks)}`", token.start(token.lastgroup or 0))
        return found
