"""Values to try for policy variables.

What a text with variables matches is left open at first. Where that leaves a request possible, likely values are filled
in, so that the request that is told is a real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from iamd.analysis.symbolic.callers import Caller
from iamd.analysis.symbolic.constraints import Value
from iamd.analysis.symbolic.question import Question
from iamd.policy import Document, Statement
from iamd.policy.text import lower
from iamd.policy.variables import Context, keys

_TRIED = 400
_EACH = 12
_PART = re.compile(r"[^/:*?${},]+")


def asked(question: Question, places: Sequence[int]) -> list[str]:
    """The (lower-case) keys that variables of some statements ask for."""
    found = [lower(name) for at in places for text in _texts(*question.statements[at]) for name in keys(text)]
    return list(dict.fromkeys(found))


def _texts(of: Document, statement: Statement) -> list[str]:
    if not of.has_variables:
        return []
    values = (value for condition in statement.conditions for value in condition.values)
    return [text for text in (*(statement.resources or ()), *values) if "${" in text]


def settings(
    question: Question, places: Sequence[int], caller: Caller, found: dict[str, Value]
) -> Iterator[Context | None]:
    """Values for the variables of some statements; None alone where there are no variables."""
    names = asked(question, places)
    if not names:
        yield None
        return
    listed = [_values(question, places, name, at, caller, found) for at, name in enumerate(names)]
    for values in islice(product(*listed), _TRIED):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _values(
    question: Question, places: Sequence[int], name: str, at: int, caller: Caller, found: dict[str, Value]
) -> list[str | None]:
    if name in caller.fixed:
        return [caller.fixed[name]]
    statements = [question.statements[place][1] for place in places]
    wanted = found.get(name)
    likely = [wanted if isinstance(wanted, str) else None, caller.hints.get(name), f"value{at}"]
    tested = [
        value.replace("*", "x").replace("?", "x")
        for statement in statements
        for condition in statement.conditions
        if lower(condition.key) == name
        for value in condition.values
        if "${" not in value
    ]
    texts = [text for each in statements for text in each.resources or ()]
    texts += [value for each in statements for condition in each.conditions for value in condition.values]
    parts = [part for text in texts for part in reversed(_PART.findall(text))]
    some = [text for text in (*likely, *tested, *parts) if text]
    return [*list(dict.fromkeys(some))[:_EACH], None]
