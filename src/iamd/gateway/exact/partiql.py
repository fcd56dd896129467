"""Statements of DynamoDB's PartiQL: which action on which table or index, and for which partition keys.

Only what the documented grammar has is understood; what another reader could take otherwise is refused: comments,
escapes, several statements, nested ones.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iamd.wire.gateway_errors import Ambiguous

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>"[A-Za-z0-9_.:/-]{1,1024}") | (?P<text>'(?:[^'\\]|'')*') | (?P<word>[A-Za-z_]\w*)
        | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) | (?P<sign><<|>>|<>|<=|>=|[?=<>,.:()\[\]{}*+-])
    )""",
    re.VERBOSE | re.ASCII,
)
_MOST = 8192
_OF_STATEMENTS = frozenset(
    [
        "SELECT",
        "FROM",
        "INSERT",
        "INTO",
        "UPDATE",
        "DELETE",
        "JOIN",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "UNPIVOT",
        "PIVOT",
        "LET",
        "WITH",
        "EXISTS",
    ]
)
_BEGINS = {
    ("SELECT",): "PartiQLSelect",
    ("INSERT", "INTO"): "PartiQLInsert",
    ("UPDATE",): "PartiQLUpdate",
    ("DELETE", "FROM"): "PartiQLDelete",
}
_FOLLOWS = {
    "PartiQLSelect": ("", "WHERE", "ORDER"),
    "PartiQLInsert": ("VALUE",),
    "PartiQLUpdate": ("SET", "REMOVE", "WHERE"),
    "PartiQLDelete": ("WHERE",),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a statement. `kind` is the group of `_TOKEN`; words of the language are upper case in `word`."""

    kind: str
    value: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement does: an action on a table, or on its index; `rest` follows the names."""

    action: str
    table: str
    index: str | None
    rest: tuple[Token, ...]
    marks_before: int

    def values_of(self, key: str, parameters: Sequence[Any]) -> list[Any] | None:
        """The values of the partition key of that name which the statement is about, as attribute values; empty for what
        does not name it, which is a scan; None where nobody can tell."""
        if self.action == "PartiQLInsert":
            places = self._members(key)
            value = self._value(places[0] + 2, parameters) if len(places) == 1 else None
            ends = value is not None and self._sign(places[0] + 3) in (",", "}")
            return [value] if ends else None
        words = [token.word for token in self.rest]
        if "WHERE" not in words:
            return []
        start = words.index("WHERE")
        named = [place for place in range(start, len(words)) if self._is(place, key)]
        if not named:
            return []
        (place, *others), joined = named, {"OR", "NOT", "IN", "BETWEEN"}
        ends = (words[place + 3 : place + 4] or ["AND"])[0] in ("AND", "ORDER", "RETURNING")
        stands = words[place - 1] in ("WHERE", "AND") and self._sign(place + 1) == "=" and ends
        if others or not stands or not joined.isdisjoint(words[start:]):
            return None
        value = self._value(place + 2, parameters)
        return None if value is None else [value]

    def _is(self, place: int, key: str) -> bool:
        token = self.rest[place]
        return token.kind in ("name", "word") and token.value == key

    def _sign(self, place: int) -> str:
        token = self.rest[place] if place < len(self.rest) else None
        return token.value if token is not None and token.kind == "sign" else ""

    def _members(self, key: str) -> list[int]:
        """Where the item that is inserted has a member of that name, not within another one."""
        depth, found = 0, []
        for place, token in enumerate(self.rest[:-2]):
            depth += {"{": 1, "[": 1, "<<": 1, "(": 1}.get(self._sign(place), 0)
            depth -= {"}": 1, "]": 1, ">>": 1, ")": 1}.get(self._sign(place), 0)
            if depth == 1 and token.kind in ("text", "name") and token.value == key and self._sign(place + 1) == ":":
                found.append(place)
        return found

    def _value(self, place: int, parameters: Sequence[Any]) -> Any:
        if place >= len(self.rest):
            return None
        token = self.rest[place]
        if self._sign(place) == "?":
            number = self.marks_before + sum(each.value == "?" and each.kind == "sign" for each in self.rest[:place])
            return parameters[number] if number < len(parameters) else None
        return {"text": {"S": token.value}, "number": {"N": token.value}}.get(token.kind)


def understood(text: Any) -> Statement:
    """The statement; raises Ambiguous."""
    tokens = _tokens(text)
    if len(tokens) > 3 and tokens[0].word == "EXISTS" and (tokens[1].value, tokens[-1].value) == ("(", ")"):
        tokens = tokens[2:-1]
    words = tuple(token.word for token in tokens[:2])
    action = _BEGINS.get(words) or _BEGINS.get(words[:1])
    if action is None:
        raise Ambiguous("A statement begins with SELECT, INSERT INTO, UPDATE or DELETE FROM.")
    begun = 2 if words in _BEGINS else 1
    if action == "PartiQLSelect":
        begun = next((place + 1 for place, token in enumerate(tokens) if token.word == "FROM"), len(tokens))
    table, index, end = _names(tokens, begun)
    rest = tokens[end:]
    before = [token.word for token in tokens[1 : begun - 1]] if action == "PartiQLSelect" else []
    if not _OF_STATEMENTS.isdisjoint([*before, *(token.word for token in rest)]):
        raise Ambiguous("The gateway does not take statements within statements.")
    if (rest[0].word if rest else "") not in _FOLLOWS[action] or (rest and not rest[0].word):
        raise Ambiguous("The gateway does not understand what follows the name of the table.")
    marks = sum(token.value == "?" and token.kind == "sign" for token in tokens[:end])
    return Statement(action, table, index, tuple(rest), marks)


def _names(tokens: list[Token], begun: int) -> tuple[str, str | None, int]:
    """The table, the index, and where what follows begins."""
    if begun >= len(tokens) or tokens[begun].kind not in ("name", "word"):
        raise Ambiguous("A statement must name its table.")
    table = tokens[begun].value
    if [token.value for token in tokens[begun + 1 : begun + 2]] != ["."]:
        return table, None, begun + 1
    if begun + 2 >= len(tokens) or tokens[begun + 2].kind not in ("name", "word"):
        raise Ambiguous("A statement must name its index.")
    return table, tokens[begun + 2].value, begun + 3


def _tokens(text: Any) -> list[Token]:
    if not isinstance(text, str) or not 1 <= len(text) <= _MOST or "--" in text or "/*" in text:
        raise Ambiguous(f"A statement is a text of {_MOST} characters at most, without comments.")
    found, end, text = [], 0, text.rstrip()
    while end < len(text):
        token = _TOKEN.match(text, end)
        if token is None or token.lastgroup is None:
            raise Ambiguous(f"The gateway does not understand the statement from character {end + 1} on.")
        value, kind, end = token[token.lastgroup], token.lastgroup, token.end()
        if kind in ("name", "text"):
            value = value[1:-1].replace("''", "'")
        found.append(Token(kind, value, value.upper() if kind == "word" else ""))
    return found
