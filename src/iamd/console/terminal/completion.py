"""What the word that is being typed can become."""

from __future__ import annotations

from collections.abc import Iterable

from iamd.console.terminal import words
from iamd.console.terminal.command import (
    FLAGS,
    HELP,
    INPUT,
    OUTPUTS,
    PAGES,
    PROGRAM,
    VALUED,
    operations,
    parameters,
    services,
)
from iamd.services.catalogue import APIS
from iamd.services.registry import Operation

MOST = 200


def candidates(line: str) -> tuple[str, list[str]]:
    """The beginning of the last word of a line, and the words that begin so."""
    done, typed = words.last(line)
    return typed, [each for each in _choices(done, typed) if each.startswith(typed) and each != typed][:MOST]


def _choices(done: list[str], typed: str) -> Iterable[str]:
    if not done:
        return [PROGRAM]
    if done[0] != PROGRAM:
        return []
    if done[-1] == "--output":
        return OUTPUTS
    places = _places(done[1:])
    if typed.startswith("-") and len(places) < 2:
        return [f"--{name}" for name in sorted(VALUED | FLAGS)]
    if not places:
        return [*services(), HELP]
    if len(places) == 1:
        return [*operations(APIS[places[0]]), HELP] if places[0] in services() else []
    operation = named(done)
    return [] if operation is None else _options(operation, done)


def named(done: list[str]) -> Operation | None:
    """The operation that a line's words name, if there is one."""
    places = _places(done[1:])
    known = len(places) == 2 and places[0] in services()
    return operations(APIS[places[0]]).get(places[1]) if known else None


def _places(done: list[str]) -> list[str]:
    """The service and the operation among the words, as far as they are there."""
    places: list[str] = []
    waiting = iter(done)
    for word in waiting:
        if not word.startswith("--"):
            places.append(word)
        elif word[2:] in VALUED and len(places) < 2:
            next(waiting, None)
    return places[:2]


def _options(operation: Operation, done: list[str]) -> list[str]:
    """The options that are not there yet; or the values of the one that was typed last, where they are few."""
    known = parameters(operation.model)
    member = known.get(done[-1].removeprefix("--")) if done[-1].startswith("--") else None
    if member is not None and member.shape.enum:
        return list(member.shape.enum)
    names = sorted(known, key=lambda name: not known[name].required)
    for name in list(names):
        if known[name].shape.type == "boolean":
            names.append(f"no-{name}")
    pages = PAGES if operation.model.paging is not None else ()
    return [f"--{name}" for name in (*names, INPUT, *pages, *sorted(VALUED | FLAGS)) if f"--{name}" not in done]
