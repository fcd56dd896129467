"""A command line understood: which operation, with which parameters, and how its answer is to be shown.

Options are those of the AWS CLI; what concerns files, networks or other credentials is refused.
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from iamd.console.terminal.problems import FAILED, Problem, misused
from iamd.console.terminal.query import Query
from iamd.console.terminal.values import document, typed
from iamd.reference import regions
from iamd.services.catalogue import APIS
from iamd.services.registry import Api, Operation
from iamd.wire.model import Member, OperationModel

OUTPUTS = ("json", "text", "table", "yaml")
PROGRAM = "aws"
HELP = "help"
REGION = "us-east-1"

VALUED = {"output", "query", "region", "color", "cli-binary-format", "cli-read-timeout", "cli-connect-timeout"}
FLAGS = {"no-paginate", "no-cli-pager", "no-cli-auto-prompt"}
INPUT = "cli-input-json"
PAGES = ("starting-token", "page-size", "max-items")
_ELSEWHERE = frozenset(
    {"profile", "endpoint-url", "ca-bundle", "debug", "no-verify-ssl", "no-sign-request", "generate-cli-skeleton"}
)
_UNNAMED = frozenset({"signin"})  # an API without commands of the AWS CLI


@dataclass(slots=True)
class Command:
    """What is to be called, and how its answer is to be shown. `given` are the parameters in JSON, `options` the rest
    of what was typed, by name; `secret` tells that there is a secret among the parameters."""

    api: Api
    operation: Operation
    given: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    query: Query | None = None

    @property
    def output(self) -> str:
        return self.options.get("output", "json")

    @property
    def region(self) -> str:
        return REGION if self.api.is_global else self.options.get("region", REGION)

    @property
    def secret(self) -> bool:
        return any(member.sensitive and member.name in self.given for member in self.operation.model.inputs)

    def number(self, option: str) -> int | None:
        """The whole number behind an option, if it is there. Raises Problem."""
        text = self.options.get(option)
        if text is not None and not (text.isdecimal() and len(text) < 10):
            raise misused(f"argument --{option}: expected a number, received: {text!r}")
        return None if text is None else int(text)


def services() -> list[str]:
    """The services that have commands."""
    return sorted(APIS.keys() - _UNNAMED)


def operations(api: Api) -> dict[str, Operation]:
    """The operations of a service by their command; those that take evidence in place of a person have none."""
    found = {_dashed(each.model.snake): each for each in api.operations.values() if each.admission is None}
    return dict(sorted(found.items()))


def parameters(operation: OperationModel) -> dict[str, Member]:
    """The parameters by their option; a pager's own are in the place of those that it sees to."""
    return {_dashed(member.snake): member for member in operation.inputs}


def api_of(name: str) -> Api:
    """The service of that name. Raises Problem."""
    api = APIS.get(name)
    if api is None or name in _UNNAMED:
        raise _unknown("command", name, services())
    return api


def operation_of(api: Api, name: str) -> Operation:
    """The operation of that name. Raises Problem."""
    found = operations(api)
    if name not in found:
        raise _unknown("operation", name, list(found))
    return found[name]


def understand(words: Sequence[str]) -> Command:
    """The command of a line's words, without the first. Raises Problem."""
    places: list[str] = []
    reader = _Reader(words)
    while len(places) < 2:
        word = reader.next()
        if word is None:
            raise misused("the following arguments are required: " + ("operation" if places else "command"))
        if word.startswith("--"):
            reader.option(word, {})
        else:
            places.append(word)
    api = api_of(places[0])
    operation = operation_of(api, places[1])
    known = parameters(operation.model)
    while (word := reader.next()) is not None:
        reader.option(word, known)
    return _made(api, operation, reader)


def _made(api: Api, operation: Operation, reader: _Reader) -> Command:
    given = {**_input(reader.options), **reader.given}
    if INPUT not in reader.options:
        lacking = [f"--{_dashed(each.snake)}" for each in operation.model.inputs if each.required]
        lacking = [each for each in lacking if each[2:] not in reader.seen]
        if lacking:
            raise misused(f"the following arguments are required: {', '.join(lacking)}")
    if reader.unknown:
        raise misused(f"Unknown options: {', '.join(reader.unknown)}")
    options = reader.options
    if options.get("output", "json") not in OUTPUTS:
        raise misused(f"argument --output: Invalid choice, valid choices are:\n\n{' | '.join(OUTPUTS)}")
    if options.get("region", REGION) not in regions.all():
        raise Problem(f"Provided region_name '{options['region']}' doesn't match a supported format.", FAILED)
    query = None if "query" not in options else Query(options["query"])
    return Command(api, operation, document(operation.model, given), options, query)


def _input(options: dict[str, str]) -> dict[str, Any]:
    text = options.get(INPUT)
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(f"Error parsing parameter 'cli-input-json': Invalid JSON received: {error}") from None
    if not isinstance(found, dict):
        raise Problem("Error parsing parameter 'cli-input-json': Invalid type: expecting map")
    return found


class _Reader:
    """Takes words one after the other, and the values behind options."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._at = 0
        self.given: dict[str, Any] = {}
        self.seen: set[str] = set()
        self.options: dict[str, str] = {}
        self.unknown: list[str] = []

    def next(self) -> str | None:
        if self._at >= len(self._words):
            return None
        self._at += 1
        return self._words[self._at - 1]

    def option(self, word: str, known: dict[str, Member]) -> None:
        """One option with its values. Raises Problem."""
        name, equals, value = word[2:].partition("=") if word.startswith("--") else (word, "", "")
        member = known.get(name)
        negated = known.get(name.removeprefix("no-")) if name.startswith("no-") else None
        if name in _ELSEWHERE:
            raise Problem(f"--{name} is not available in this terminal, which calls this server as you.")
        if not word.startswith("--"):
            self.unknown.append(word)
        elif name in FLAGS:
            self.options[name] = ""
        elif name in VALUED or name == INPUT or (name in PAGES):
            self.options[name] = value if equals else self._value(name)
        elif member is not None and member.shape.type == "boolean":
            self._take(name, member, True)
        elif negated is not None and negated.shape.type == "boolean" and member is None:
            self._take(name.removeprefix("no-"), negated, False)
        elif member is not None:
            words = [value] if equals else self._values(member.shape.type)
            if not words and member.shape.type != "list":
                raise misused(f"argument --{name}: expected one argument")
            self._take(name, member, typed(member, name, words))
        else:
            self.unknown.append(word)

    def _take(self, name: str, member: Member, value: Any) -> None:
        self.seen.add(name)
        self.given[member.name] = value

    def _value(self, name: str) -> str:
        value = self.next()
        if value is None:
            raise misused(f"argument --{name}: expected one argument")
        return value

    def _values(self, type_: str) -> list[str]:
        """The words up to the next option: any number for what has parts, one for everything else."""
        found: list[str] = []
        most = len(self._words) if type_ in ("list", "map", "structure") else 1
        while self._at < len(self._words) and len(found) < most and not self._words[self._at].startswith("--"):
            found.append(self._words[self._at])
            self._at += 1
        return found


def _unknown(kind: str, name: str, choices: list[str]) -> Problem:
    near = get_close_matches(name, choices, cutoff=0.7)
    hint = "\n\nInvalid choice: {!r}, maybe you meant:\n\n{}".format(name, "\n".join(f"  * {each}" for each in near))
    return misused(f"argument {kind}: Found invalid choice {name!r}{hint if near else ''}\n")


def _dashed(snake: str) -> str:
    return snake.replace("_", "-")
