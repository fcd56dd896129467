"""A test file: its policies, its checks, and the requests that they make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from iamd.cli.policytests.yaml_text import BadFile, Table, read
from iamd.cli.requests import FIELDS, resource_kind
from iamd.policy import Document, Kind, MalformedPolicy, load

EXPECTED = {
    "allowed": frozenset({"allowed"}),
    "denied": frozenset({"explicitDeny", "implicitDeny"}),
    "explicitDeny": frozenset({"explicitDeny"}),
    "implicitDeny": frozenset({"implicitDeny"}),
}
_TOP = ("policies", "principals", "resources", "tests")
_KINDS = {
    "identityPolicies": Kind.IDENTITY,
    "permissionsBoundaries": Kind.BOUNDARY,
    "sessionPolicies": Kind.SESSION,
    "endpointPolicies": Kind.ENDPOINT,
    "serviceControlPolicies": Kind.SCP,
    "resourceControlPolicies": Kind.RCP,
}
_ANY = frozenset({Kind.IDENTITY, Kind.RESOURCE, Kind.TRUST})
_LEVELS = ("serviceControlPolicies", "resourceControlPolicies")
_POLICIES = (*_KINDS, "resourcePolicy")
_SHARED = tuple(sorted(FIELDS - {"id", "principal", "action", "resource"}))
_TEST = ("name", "principal", "action", "resource", "expect", "statement", *_SHARED)


@dataclass(slots=True)
class NamedPolicy:
    """A policy of a test file: `origin` is the file that its text is in, with the text's own lines.

    `text` of an inline policy is laid out so that its statements are on their lines of the test file.
    """

    name: str
    origin: Path
    text: str
    line: int
    kinds: set[Kind] = field(default_factory=set)

    def document(self) -> Document:
        """The document, sound for everything that it is used as; when it is not used, for anything."""
        found: Document | None = None
        problem: MalformedPolicy | None = None
        for kind in sorted(self.kinds or _ANY, key=lambda each: each.value):
            try:
                found = load(self.text, kind).document
            except MalformedPolicy as error:
                problem = problem or error
        if found is None or (problem is not None and self.kinds):
            told = problem.problems[0] if problem else ""
            raise BadFile(f"policy `{self.name}` ({self.origin}): {told}", self.line)
        return found


@dataclass(frozen=True, slots=True)
class Check:
    """One request and what is expected of it. `statement` is a policy's name and a statement's place (from 0)."""

    name: str
    line: int
    asked: Mapping[str, Any]
    expect: str
    statement: tuple[str, int] | None = None


@dataclass(slots=True)
class Suite:
    """A test file that was read."""

    path: Path
    policies: dict[str, NamedPolicy]
    checks: list[Check]

    def text(self, document: Mapping[str, Any]) -> str:
        """The text of a document in a check's request: there it is a reference by name."""
        return self.policies[document["policy"]].text


def read_suite(path: Path) -> Suite:
    """Read a test file and the policies that it names; raises BadFile and OSError."""
    try:
        top = read(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise BadFile("not UTF-8 text", 1) from None
    if not isinstance(top, Table):
        raise BadFile("a test file is a mapping with `policies`, `principals`, `resources` and `tests`", 1)
    _known(top, _TOP)
    return _Reader(path, top).suite()


class _Reader:
    def __init__(self, path: Path, top: Table) -> None:
        self.path = path
        self.top = top
        self.policies = {name: self._policy(name, value) for name, value in self._section("policies").items()}
        self.principals = self._templates("principals", "principal")
        self.resources = self._templates("resources", "resource")

    def suite(self) -> Suite:
        tests = self.top.get("tests")
        if not isinstance(tests, list) or not tests:
            raise BadFile("`tests` must be a list with at least one test", self.top.lines.get("tests", 1))
        checks = [check for test in tests for check in self._checks(test)]
        return Suite(self.path, self.policies, checks)

    def _section(self, name: str) -> Table:
        found = self.top.get(name)
        if found is None:
            return Table(1)
        if not isinstance(found, Table):
            raise BadFile(f"`{name}` must be a mapping", self.top.lines[name])
        return found

    def _policy(self, name: str, value: Any) -> NamedPolicy:
        line = self._section("policies").lines[name]
        if isinstance(value, str):
            origin = self.path.parent / value
            try:
                return NamedPolicy(name, origin, origin.read_text(encoding="utf-8"), line)
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
                raise BadFile(f"policy `{name}`: {origin}: {reason}", line) from None
        if not isinstance(value, Table):
            raise BadFile(f"policy `{name}` must be the path of a file, or a document", line)
        return NamedPolicy(name, self.path, laid_out(value), line)

    def _templates(self, section: str, needed: str) -> dict[str, Table]:
        """The principals or resources by name: fields that the tests which name one have in common."""
        found = self._section(section)
        for name, value in found.items():
            if not isinstance(value, Table) or not isinstance(value.get(needed), str):
                raise BadFile(f"`{name}` of `{section}` must be a mapping with `{needed}`", found.lines[name])
            _known(value, (needed, *_SHARED))
        return found

    def _checks(self, test: Any) -> Iterator[Check]:
        if not isinstance(test, Table):
            raise BadFile("a test must be a mapping", self.top.lines["tests"])
        _known(test, _TEST)
        for needed in ("principal", "action", "expect"):
            if not test.get(needed):
                raise BadFile(f"the test has no `{needed}`", test.line)
        if test["expect"] not in EXPECTED:
            raise BadFile(f"`expect` must be one of {', '.join(EXPECTED)}", test.lines["expect"])
        principals, actions = _texts(test, "principal"), _texts(test, "action")
        resources = _texts(test, "resource") or ["*"]
        many = len(principals) * len(actions) * len(resources) > 1
        for who in principals:
            for action in actions:
                for resource in resources:
                    asked = self._asked(test, who, action, resource)
                    each = f"{who}, {action} on {resource}"
                    name = test.get("name") or each
                    statement = self._statement(test)
                    yield Check(
                        f"{name}: {each}" if many and name != each else name,
                        test.line,
                        asked,
                        test["expect"],
                        statement,
                    )

    def _asked(self, test: Table, who: str, action: str, resource: str) -> dict[str, Any]:
        """The request of one check; documents are references by name. The test's fields win, contexts add up."""
        parts: list[Table] = [self.principals[who]] if who in self.principals else []
        parts += [self.resources[resource]] if resource in self.resources else []
        asked: dict[str, Any] = {"principal": who, "resource": resource}
        if not parts[:1] and ":" not in who and who != "*":
            raise BadFile(f"there is no principal `{who}`{_meant(who, self.principals)}", test.lines["principal"])
        context: dict[str, Any] = {}
        for part in (*parts, test):
            own = {name: self._field(part, name) for name in part if name in _SHARED}
            context |= own.pop("context", None) or {}
            asked |= own | {name: part[name] for name in ("principal", "resource") if part is not test and name in part}
        self._note_kinds(asked, resource_kind(action))
        return {**asked, "action": action, "context": context}

    def _field(self, part: Table, name: str) -> Any:
        if name not in _POLICIES:
            return part[name]
        line = part.lines[name]
        if name in _LEVELS:
            levels = part[name] or []
            if not isinstance(levels, list) or not all(isinstance(level, list) for level in levels):
                raise BadFile(f"`{name}` must be a list of lists: the policies of each level, root first", line)
            return [{"policies": [self._reference(each, line) for each in level]} for level in levels]
        if name == "resourcePolicy":
            return self._reference(part[name], line)
        return [self._reference(each, line) for each in _texts(part, name)]

    def _reference(self, name: Any, line: int) -> dict[str, Any]:
        if not isinstance(name, str) or name not in self.policies:
            raise BadFile(f"there is no policy `{name}`{_meant(name, self.policies)}", line)
        return {"name": name, "document": {"policy": name}}

    def _note_kinds(self, asked: Mapping[str, Any], of_resource: Kind) -> None:
        """Note as what the request's policies are used."""
        for name in asked.keys() & set(_POLICIES):
            listed = [asked[name]] if name == "resourcePolicy" else asked[name]
            flat = [each for level in listed for each in level["policies"]] if name in _LEVELS else listed
            for each in flat:
                self.policies[each["name"]].kinds.add(_KINDS.get(name, of_resource))

    def _statement(self, test: Table) -> tuple[str, int] | None:
        """The statement that a test expects: `policy/Sid`, or `policy/2` for the second."""
        wanted = test.get("statement")
        if wanted is None:
            return None
        line = test.lines["statement"]
        name, _, statement = str(wanted).rpartition("/")
        self._reference(name, line)
        listed = self.policies[name].document().statements
        for each in listed:
            if each.sid == statement:
                return name, each.index
        if statement.isascii() and statement.isdigit() and 1 <= int(statement) <= len(listed):
            return name, int(statement) - 1
        raise BadFile(f"policy `{name}` has no statement `{statement}`", line)


def laid_out(document: Table) -> str:
    """An inline policy as JSON, each statement on the line that it has in the test file."""
    rest = {name: value for name, value in document.items() if name != "Statement"}
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    text, line = json.dumps(rest)[:-1] + (", " if rest else "") + '"Statement": [', 1
    for at, statement in enumerate(listed):
        wanted = statement.line if isinstance(statement, Table) else line
        text += ("," if at else "") + "\n" * (wanted - line) + json.dumps(statement)
        line = max(wanted, line)
    return text + "]}"


def _known(table: Table, names: Iterable[str]) -> None:
    for name in table:
        if name not in names:
            raise BadFile(f"unknown field `{name}`{_meant(name, names)}", table.lines[name])


def _texts(table: Table, name: str) -> list[str]:
    """A text or a list of texts."""
    value = table.get(name)
    if value is None:
        return []
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in listed):
        raise BadFile(f"`{name}` must be a text or a list of texts", table.lines[name])
    return listed


def _meant(name: Any, names: Iterable[str]) -> str:
    close = get_close_matches(str(name)[:64], list(names), 1)
    return f": did you mean `{close[0]}`?" if close else ""
