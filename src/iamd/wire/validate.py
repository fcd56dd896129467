"""The model's constraints on parameters, told in AWS's words, all violations in one message.

    2 validation errors detected: Value at 'path' failed to satisfy constraint: Member must have length greater than or
    equal to 1; Value at 'tags.1.member.key' failed to satisfy constraint: Member must not be null

A validator is compiled for each operation on first use. Lengths of text are counted in characters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from iamd.wire import patterns, quirks
from iamd.wire.errors import ValidationError
from iamd.wire.model import Member, OperationModel, Shape

MAX_TOLD = 10
"""AWS tells no more violations than these."""
MAX_SHOWN = 1024
"""Characters of an offending value that are told."""

_NOT_NULL = "Member must not be null"

Rule = tuple[Callable[[Any], bool], str]
"""Whether a value keeps it, and AWS's words when not."""
Tell = Callable[[list[str], str, Any, str], None]
"""Adds a violation: to what was found, at the path, of the value, in the words."""
Check = Callable[[Any, str, list[str]], None]
"""Adds what is wrong with the value at that path to what was found."""


class _Enough(Exception):
    """MAX_TOLD violations have been found."""


def check(operation: OperationModel, params: dict[str, Any]) -> None:
    """Hold parameters, as the protocol's parser made them, against the model; raises ValidationError."""
    found: list[str] = []
    try:
        for name, path, required, tell, test in _plan(operation):
            value = params.get(name)
            if value is not None:
                test(value, path, found)
            elif required:
                tell(found, path, None, _NOT_NULL)
    except _Enough:
        pass
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ValidationError(f"{count} detected: {'; '.join(found)}")


@cache
def _plan(operation: OperationModel) -> tuple[tuple[str, str, bool, Tell, Check], ...]:
    service = operation.service.name
    return tuple(
        (
            member.snake,
            _camel(member.name),
            member.required,
            _teller(member.shape, service),
            _check(member.shape, service),
        )
        for member in operation.inputs
    )


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _teller(shape: Shape, service: str) -> Tell:
    inner = shape.element.shape if shape.type == "list" else shape
    silent = service in quirks.HIDES_VALUES
    # Secrets are never repeated, nor are structures and maps, which have no short form.
    secret = shape.sensitive or inner.sensitive or inner.type in ("structure", "map")

    def tell(found: list[str], path: str, value: Any, constraint: str) -> None:
        shown = "" if silent or (secret and value is not None) else f" {_shown(value)}"
        found.append(f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}")
        if len(found) == MAX_TOLD:
            raise _Enough

    return tell


def _shown(value: Any) -> str:
    """A value as Java prints it; a long one is cut, or an answer would be longer than what was sent."""
    if value is None:
        return "null"
    if isinstance(value, list):
        value = f"[{', '.join('null' if item is None else str(item) for item in value)}]"
    text = str(value)
    return f"'{text}'" if len(text) <= MAX_SHOWN else f"'{text[:MAX_SHOWN]}...'"


def _check(shape: Shape, service: str) -> Check:
    if shape.type == "structure":
        return _structure_check(shape, service)
    if shape.type == "list":
        return _list_check(shape, service)
    if shape.type == "map":
        return _map_check(shape, service)
    rules = _rules(shape)
    tell = _teller(shape, service)

    def test(value: Any, path: str, found: list[str]) -> None:
        for kept, words in rules:
            if not kept(value):
                tell(found, path, value, words)

    return test


def _structure_check(shape: Shape, service: str) -> Check:
    # Compiled when first met, because structures may contain themselves.
    plan: list[tuple[Member, Tell, Check]] = []

    def test(value: Any, path: str, found: list[str]) -> None:
        if not plan:
            plan.extend((m, _teller(m.shape, service), _check(m.shape, service)) for m in _told(shape))
        for member, tell, deeper in plan:
            inner = value.get(member.name)
            if inner is not None:
                deeper(inner, f"{path}.{_camel(member.name)}", found)
            elif member.required:
                tell(found, f"{path}.{_camel(member.name)}", None, _NOT_NULL)

    return test


def _told(shape: Shape) -> tuple[Member, ...]:
    """The members in the order in which their violations are told."""
    order = quirks.TELLING_ORDER.get(shape.name, ())
    return tuple(sorted(shape.members, key=lambda m: order.index(m.name) if m.name in order else -1))


def _list_check(shape: Shape, service: str) -> Check:
    element = shape.element.shape
    rules = _rules(shape)
    tell = _teller(shape, service)
    nested = element.type in ("structure", "list", "map")
    deeper = _check(element, service) if nested else None
    one, words = _every(element)

    def test(value: Any, path: str, found: list[str]) -> None:
        for kept, rule in rules:
            if not kept(value):
                tell(found, path, value, rule)
        if deeper is not None:
            for number, item in enumerate(value, 1):
                if item is None:
                    tell(found, f"{path}.{number}.member", None, _NOT_NULL)
                else:
                    deeper(item, f"{path}.{number}.member", found)
        elif not all(map(one, value)):
            tell(found, path, value, f"Member must satisfy constraint: [{words}]")

    return test


def _map_check(shape: Shape, service: str) -> Check:
    element = shape.value.shape
    rules = _rules(shape)
    tell = _teller(shape, service)
    nested = element.type in ("structure", "list", "map")
    deeper = _check(element, service) if nested else None
    key_kept, key_words = _every(shape.key.shape)
    value_kept, value_words = _every(element)

    def test(value: Any, path: str, found: list[str]) -> None:
        for kept, rule in rules:
            if not kept(value):
                tell(found, path, value, rule)
        if not all(map(key_kept, value)):
            tell(found, path, value, f"Map keys must satisfy constraint: [{key_words}]")
        if not all(item is not None if nested else value_kept(item) for item in value.values()):
            tell(found, path, value, f"Map value must satisfy constraint: [{_NOT_NULL if nested else value_words}]")
        if deeper is not None:
            for key, item in value.items():
                if item is not None:
                    deeper(item, f"{path}.{key}.member", found)

    return test


def _every(shape: Shape) -> Rule:
    """What holds for each scalar in a list or map: they are told together, all rules whichever was broken."""
    rules = _rules(shape)
    words = ", ".join([*(words for _, words in rules), _NOT_NULL])
    return lambda value: value is not None and all(kept(value) for kept, _ in rules), words


def _rules(shape: Shape) -> tuple[Rule, ...]:
    """The shape's own constraints, in the order in which AWS tells them: longest, shortest, pattern, enumeration."""
    low, high = shape.min, shape.max
    rules: list[Rule] = []
    if shape.type in ("integer", "long", "float", "double"):
        if high is not None:
            rules.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
        if low is not None:
            rules.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
        return tuple(rules)
    if high is not None:
        rules.append((lambda value: len(value) <= high, f"Member must have length less than or equal to {high}"))
    if low:
        rules.append((lambda value: len(value) >= low, f"Member must have length greater than or equal to {low}"))
    if shape.pattern is not None:
        match = patterns.compiled(shape.pattern).fullmatch
        words = f"Member must satisfy regular expression pattern: {shape.pattern}"
        rules.append((lambda value: match(value) is not None, words))
    if shape.enum:
        values = frozenset(shape.enum)
        listed = "" if shape.name in quirks.UNLISTED_ENUMS else f": [{', '.join(shape.enum)}]"
        rules.append((values.__contains__, f"Member must satisfy enum value set{listed}"))
    return tuple(rules)
