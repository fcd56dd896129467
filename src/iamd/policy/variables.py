"""Policy variables: `${key}`, `${key, 'default'}` and the literals `${*}`, `${?}`, `${$}`.

They are known to version 2012-10-17 alone; in an older document the same text is plain text. A variable without a
value (the key is absent) and without a default leaves nothing that could match; nor does a key of many values, for
which no default stands in.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .patterns import is_plain, mark
from .text import lower

Context = dict[str, str | tuple[str, ...]]

_LITERALS = frozenset("*?$")


class Variable:
    """One `${...}`: the (lower-case) context key and the default, if it has one."""

    __slots__ = ("default", "key")

    def __init__(self, key: str, default: str | None) -> None:
        self.key = key
        self.default = default


class Template:
    """Text with variables in it. `wild` says whether the text's own `*` and `?` are wildcards."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[str | Variable, ...]) -> None:
        self.parts = parts

    def fill(self, context: Context, missing: list[str]) -> str | None:
        """The (marked) text for a request, or None where a variable has no value; what is absent is noted."""
        texts: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = context.get(part.key)
            if value is None:
                missing.append(part.key)
            text = value if isinstance(value, str) else None if value else part.default
            if text is None or not is_plain(text):
                return None
            texts.append(text)
        return "".join(texts)


def _variable(body: str) -> Variable:
    key, comma, rest = body.partition(",")
    rest = rest.strip()
    if comma and len(rest) >= 2 and rest[0] == rest[-1] == "'":
        return Variable(lower(key.strip()), rest[1:-1])
    return Variable(lower(body.strip()), None)


def read(text: str, wild: bool) -> str | Template:
    """The text ready to match: marked when `wild`, and a template when variables are in it."""
    parts: list[str | Variable] = []
    run: list[str] = []  # finished text since the last variable
    place = 0
    while True:
        start = text.find("${", place)
        end = text.find("}", start + 2) if start >= 0 else -1
        if end < 0:
            break
        before = text[place:start]
        run.append(mark(before) if wild else before)
        body = text[start + 2 : end]
        if body in _LITERALS:
            run.append(body)
        else:
            parts.append("".join(run))
            parts.append(_variable(body))
            run = []
        place = end + 1
    rest = text[place:]
    run.append(mark(rest) if wild else rest)
    parts.append("".join(run))
    if len(parts) == 1:
        return "".join(run)
    return Template(tuple(part for part in parts if part != ""))


def keys(text: str) -> list[str]:
    """The context keys that a text's variables ask for, as spelled there."""
    return [body.partition(",")[0].strip() for body in bodies(text) if body not in _LITERALS]


def bodies(text: str) -> Iterator[str]:
    """What stands between `${` and `}`, literals too."""
    place = 0
    while (start := text.find("${", place)) >= 0 and (end := text.find("}", start)) >= 0:
        yield text[start + 2 : end]
        place = end + 1
