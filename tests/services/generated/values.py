"""Values of the model's shapes: as they are sent, and every way in which one can break its constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from iamd.wire import patterns
from iamd.wire.model import Member, Shape

NUMBERS = ("integer", "long", "float", "double")
OFFENDING = (" ", "~", "\u00e9", "\n", "\x7f", "\U0001f511", "/", "a")
MANY = 300_000  # characters; what is longer may exceed the limit on bodies


class Raw(str):
    """Text that is sent where the model wants something else."""

    __slots__ = ()


def form(action: str, version: str, params: Mapping[str, Any]) -> bytes:
    """The body of a call in the Query protocol."""
    pairs = [("Action", action), ("Version", version)]
    for name, value in params.items():
        pairs += _pairs(name, value)
    return urlencode(pairs).encode()


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, int):
        yield name, str(value)
    elif isinstance(value, list):
        if not value:
            yield name, ""
        for number, item in enumerate(value, 1):
            yield from _pairs(f"{name}.member.{number}", item)
    elif isinstance(value, Entries):
        for number, (key, item) in enumerate(value.items(), 1):
            yield f"{name}.entry.{number}.key", key
            yield from _pairs(f"{name}.entry.{number}.value", item)
    else:
        for key, item in value.items():
            yield from _pairs(f"{name}.{key}", item)


class Entries(dict[str, Any]):
    """A map's value; a plain dict is a structure's."""


class Broken(NamedTuple):
    """A value that its shape refuses, the code that says so, and a word for the test's failure."""

    word: str
    value: Any
    code: str = "ValidationError"


def broken(shape: Shape, sample: Callable[[Member], Any], fit: Any) -> Iterator[Broken]:
    """`fit` broken in every way that the model knows; `sample` makes values for what stands inside."""
    yield from _mistyped(shape)
    if shape.type == "structure":
        yield from _structures(shape, sample, fit)
    elif shape.type == "list":
        yield from _lists(shape, sample, fit)
    elif shape.type == "map":
        yield from _maps(shape, sample, fit)
    elif shape.type in NUMBERS:
        if shape.max is not None:
            yield Broken("too much", int(shape.max) + 1)
        if shape.min is not None:
            yield Broken("too little", int(shape.min) - 1)
    elif shape.type == "string":
        yield from ((Broken(word, text)) for word, text in _texts(shape, fit))


def _mistyped(shape: Shape) -> Iterator[Broken]:
    malformed = "MalformedInput"
    if shape.type in ("list", "map", "structure"):
        yield Broken("text for a compound", Raw("x"), malformed)
    else:
        yield Broken("list for a scalar", ["x"], malformed)
        yield Broken("structure for a scalar", {"Key": "x"}, malformed)
    if shape.type in NUMBERS:
        yield from (Broken(f"{text!r} for a number", Raw(text), malformed) for text in ("x", "1.5", "", " 1", "9" * 30))
    if shape.type == "boolean":
        yield from (Broken(f"{text!r} for a boolean", Raw(text), malformed) for text in ("True", "2", "", " true"))


def _texts(shape: Shape, fit: str) -> Iterator[tuple[str, str]]:
    low, high = shape.min, shape.max
    if high is not None and high <= MANY:
        yield "too long", fit + fit[-1:] * (int(high) + 1 - len(fit)) if fit else "a" * (int(high) + 1)
    if low:
        yield "too short", fit[: int(low) - 1]
    if shape.enum:
        yield from (("no such value", text) for text in ("Nonsense", shape.enum[0].swapcase(), shape.enum[0] + " "))
    if shape.pattern is not None:
        keeps = patterns.compiled(shape.pattern).fullmatch
        candidates = [fit[:-1] + offending for offending in OFFENDING] + [fit + offending for offending in OFFENDING]
        for text in [each for each in candidates if keeps(each) is None][:3]:
            yield "off the pattern", text


def _structures(shape: Shape, sample: Callable[[Member], Any], fit: Mapping[str, Any]) -> Iterator[Broken]:
    for member in shape.members:
        rest = {name: value for name, value in fit.items() if name != member.name}
        if member.required:
            # With nothing else in it, there is no structure on the wire.
            yield Broken(f"without {member.name}", rest or {"Nonsense": "x"})
        for word, value, code in broken(member.shape, sample, fit.get(member.name, sample(member))):
            yield Broken(f"{member.name}: {word}", {**rest, member.name: value}, code)


def _lists(shape: Shape, sample: Callable[[Member], Any], fit: list[Any]) -> Iterator[Broken]:
    element = shape.element
    first = fit[0] if fit else sample(element)
    if shape.max is not None and shape.max <= 1000:
        yield Broken("too many", [first] * (int(shape.max) + 1))
    if shape.min:
        yield Broken("too few", [])
    for word, value, code in broken(element.shape, sample, first):
        if not (value == [] and element.shape.type == "list"):
            yield Broken(f"member: {word}", [value], code)


def _maps(shape: Shape, sample: Callable[[Member], Any], fit: Mapping[str, Any]) -> Iterator[Broken]:
    key, inner = next(iter(fit.items()))
    if shape.max is not None and shape.max <= 1000:
        yield Broken("too many", Entries({f"{key}{number}": inner for number in range(int(shape.max) + 1)}))
    for word, value, code in broken(shape.value.shape, sample, inner):
        yield Broken(f"value: {word}", Entries({key: value}), code)
