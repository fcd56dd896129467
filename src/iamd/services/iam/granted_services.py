"""Which services and actions policies may give access to: what the reports of last access list.

This is no decision: conditions are taken to hold where they allow and not to hold where they deny, and of resources it
is asked only whether they can be of an action's types. Seen of live AWS, and described in
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from iamd.policy import Kind, Statement, load
from iamd.policy.patterns import Matcher, Pattern, mark
from iamd.policy.statement import compile_actions
from iamd.reference import services
from iamd.reference.services import Action, Service

_WILD = re.compile(r"[*?]|\$\{")


def granted_services(documents: Sequence[str]) -> Iterator[str]:
    """The prefixes of the services of which some action can be allowed by the identity policies together."""
    statements = list(_statements(documents))
    if not any(each.denies for each in statements) and any(each.is_everything for each in statements):
        yield from services.prefixes()
        return
    for prefix in services.prefixes():
        if any(each.allows and each.names(prefix) for each in statements):
            service = services.get(prefix)
            if service is not None and any(_granted(statements, service)):
                yield prefix


def granted_actions(documents: Sequence[str], prefix: str) -> list[str]:
    """The names of a service's actions that can be allowed by the identity policies together."""
    service = services.get(prefix)
    return [] if service is None else [each.name for each in _granted(list(_statements(documents)), service)]


def grants_access(document: str, prefix: str) -> bool:
    """Whether one document by itself gives access to a service: it allows something in it, be it an action that AWS
    does not know, and does not deny the whole service."""
    service = services.get(prefix)
    statements = list(_statements([document]))
    if service is None or any(each.denies and each.is_whole(prefix) for each in statements):
        return False
    types = list(service.resource_types.values())
    return any(
        each.allows and each.reaches(prefix) and each.is_about(kind.arn for kind in types) for each in statements
    )


def _granted(statements: Iterable[_Reach], service: Service) -> Iterator[Action]:
    allows = [each for each in statements if each.allows and each.names(service.prefix)]
    denies = [each for each in statements if each.denies and each.names(service.prefix)]
    for action in service.actions.values():
        name = f"{service.prefix}:{action.name}".lower()
        kinds = [service.resource_types.get(each.name.lower()) for each in action.resource_types]
        templates = [kind.arn for kind in kinds if kind is not None]
        barred = [each for each in denies if each.covers(name)]
        if any(
            each.covers(name) and each.is_about(templates) and not any(bar.holds(each) for bar in barred)
            for each in allows
        ):
            yield action


def _statements(documents: Iterable[str]) -> Iterator[_Reach]:
    for document in documents:
        yield from _reaches(document)


@lru_cache(256)
def _reaches(document: str) -> tuple[_Reach, ...]:
    return tuple(map(_Reach, load(document, Kind.IDENTITY).document.statements))


class _Reach:
    """One statement, its actions sorted by service so that only those of the service in question are looked at."""

    __slots__ = ("_anywhere", "_by_service", "_general", "_negated", "_resources", "_statement", "allows", "denies")

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._negated = statement.not_action
        self.allows = statement.allow
        self.denies = not statement.allow and not statement.conditions
        listed = statement.resources or ()
        self._anywhere = "*" in listed and not statement.not_resource
        self._resources = frozenset(listed)
        self._general: list[str] = []
        by_service: dict[str, list[str]] = {}
        for text in statement.actions:
            service = text.lower().partition(":")[0]
            (self._general if _WILD.search(service) else by_service.setdefault(service, [])).append(text)
        self._by_service = by_service

    @property
    def is_everything(self) -> bool:
        """Whether it allows every action on everything."""
        return self.allows and self._anywhere and not self._negated and "*" in self._statement.actions

    def names(self, prefix: str) -> bool:
        """Whether it can be about actions of the service at all."""
        return self._negated or prefix in self._by_service or bool(self._general)

    def covers(self, action: str) -> bool:
        """Whether its action list covers `service:action` (lower case)."""
        return _actions(self, action.partition(":")[0]).matches(action)

    def listed(self, prefix: str) -> tuple[str, ...]:
        return (*self._general, *self._by_service.get(prefix, ()))

    @property
    def negated(self) -> bool:
        return self._negated

    def is_whole(self, prefix: str) -> bool:
        """Whether it is about every action of the service, on everything."""
        wholly = {"*", f"{prefix}:*", "*:*"}
        return self._anywhere and not self._negated and any(text.lower() in wholly for text in self.listed(prefix))

    def reaches(self, prefix: str) -> bool:
        """Whether it is about some action of the service, known or not."""
        if self._negated:
            return not any(text.lower() in {"*", f"{prefix}:*", "*:*"} for text in self.listed(prefix))
        vendors = (text.lower().partition(":")[0] for text in self.listed(prefix))
        return any(Pattern(mark(vendor)).matches(prefix) for vendor in vendors)

    def holds(self, other: _Reach) -> bool:
        """Whether, as a denial, it leaves nothing of the other's resources."""
        if self._anywhere:
            return True
        plain = not (self._statement.not_resource or other._statement.not_resource)
        return plain and bool(other._resources) and other._resources <= self._resources

    def is_about(self, templates: Iterable[str]) -> bool:
        """Whether one of its resources can be of a type with one of these ARN templates; without templates, only all
        resources will do."""
        if self._anywhere:
            return True
        if self._statement.not_resource:
            return "*" not in self._resources
        return any(_can_be(text, template) for template in templates for text in self._resources)


@lru_cache(4096)
def _actions(reach: _Reach, prefix: str) -> Matcher:
    return compile_actions(reach.listed(prefix), reach.negated)


def _can_be(resource: str, template: str) -> bool:
    """Whether a resource pattern and an ARN template may have an ARN in common, as far as their fixed parts tell."""
    fields, wanted = resource.split(":", 5), template.split(":", 5)
    if len(fields) < 6:
        return _WILD.search(resource) is not None
    if not _meet(fields[2], wanted[2]) or not _meet(fields[5], wanted[5]):
        return False
    return all(_meet(field, want) for field, want in zip(fields[3:5], wanted[3:5], strict=True))


def _meet(one: str, other: str) -> bool:
    """Whether two patterns may match the same text: their beginnings, up to the first wildcard, agree."""
    (head, open_), (theirs, also_open) = _head(one), _head(other)
    if open_ and also_open:
        return head.startswith(theirs) or theirs.startswith(head)
    if open_:
        return theirs.startswith(head)
    return head.startswith(theirs) if also_open else head == theirs


def _head(text: str) -> tuple[str, bool]:
    found = _WILD.search(text)
    return (text, False) if found is None else (text[: found.start()], True)
