"""Searches: the subjects, resources or actions for which the answer is yes. Whatever is found has been decided."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from itertools import islice
from typing import Any

from iamd.analysis.access import attached_to, named_resources
from iamd.authorization import mapping
from iamd.authorization.evaluations import Evaluator
from iamd.authorization.mapping import Unmappable
from iamd.authorization.messages import Entity, Malformed, Search
from iamd.authorization.subjects import Unknown, all_of, snapshot_of
from iamd.guard.context import Context
from iamd.guard.enforce import decision_on
from iamd.guard.snapshot import Snapshot
from iamd.policy.arns import split
from iamd.reference import services
from iamd.services.call import Realm
from iamd.store.image import Records

PAGE = 100
LARGEST_PAGE = 1000
EXAMINED = 1000
"""So many subjects are decided on for a page, which may therefore have few or none and yet not be the last."""

_WILD = frozenset("*?")

Found = dict[str, Any]


def subjects(realm: Realm, records: Records, evaluator: Evaluator, asked: Search) -> Found:
    """The users or roles that may; of other types there are none. Raises Malformed, Cold."""
    after, limit = _page(asked)
    try:
        action, resource, given = _what(evaluator, asked)
    except Unmappable:
        return _found([], "")
    kind, examined = _entity(asked.subject).type or "", after
    found: list[Found] = []
    for number, (name, caller) in enumerate(all_of(records, kind, after)):
        if number == EXAMINED:  # others wait meanwhile
            return _found(found, _token(examined))
        examined = name
        snapshot = snapshot_of(realm, records, caller)
        if decision_on(snapshot, evaluator.ask(action, resource, given, snapshot)).allowed:
            if len(found) == limit:
                return _found(found, _token(found[-1]["id"]))
            found.append({"type": kind, "id": name})
    return _found(found, "")


def resources(evaluator: Evaluator, asked: Search) -> Found:
    """The resources of the type that the subject's policies name, and that it may: iamd keeps none itself, so those
    that a pattern covers are known to their service alone. Raises Malformed, Cold."""
    after, limit = _page(asked)
    type_ = _entity(asked.resource).type or ""
    try:
        snapshot, given = evaluator.subject(_entity(asked.subject)), evaluator.context(asked)
        action = mapping.action_of(asked.action.name or "" if asked.action else "", type_)
        named = named_resources(snapshot.layers, action, {**given, **snapshot.context})
        ids = sorted({id_ for arn in named if (id_ := _id(type_, arn, evaluator.place)) is not None})
    except (Unknown, Unmappable):
        return _found([], "")

    def allowed() -> Iterator[tuple[str, Found]]:
        for id_ in ids:
            if id_ > after:
                resource = mapping.resource_of(type_, id_, evaluator.place)
                if decision_on(snapshot, evaluator.ask(action, resource, given, snapshot)).allowed:
                    yield id_, {"type": type_, "id": id_}

    return _taken(allowed(), limit)


def actions(evaluator: Evaluator, asked: Search) -> Found:
    """The actions that the subject may do to the resource: of those that the service's reference or a policy of the
    subject's names. Raises Malformed, Cold."""
    after, limit = _page(asked)
    entity = _entity(asked.resource)
    type_ = entity.type or ""
    try:
        snapshot, given = evaluator.subject(_entity(asked.subject)), evaluator.context(asked)
        resource = mapping.resource_of(type_, entity.id or "", evaluator.place)
        own = "" if (entity.id or "").startswith("arn:") else mapping.service_of(type_)
    except (Unknown, Unmappable):
        return _found([], "")
    fields = split(resource)
    names = sorted(_actions(snapshot, fields[2] if fields else own))

    def allowed() -> Iterator[tuple[str, Found]]:
        for action in names:
            name = action.removeprefix(f"{own}:")
            if name > after and decision_on(snapshot, evaluator.ask(action, resource, given, snapshot)).allowed:
                yield name, {"name": name}

    return _taken(allowed(), limit)


def _actions(snapshot: Snapshot, prefix: str) -> set[str]:
    """The actions of a service that are known by name."""
    service = services.get(prefix)
    known = {} if service is None else {name: f"{prefix}:{action.name}" for name, action in service.actions.items()}
    for attached in attached_to(snapshot.layers):
        for statement in attached.policy.document.statements:
            for action in statement.actions:
                named, _, name = action.partition(":")
                if named.lower() == prefix and name and not _WILD & set(name):
                    known.setdefault(name.lower(), f"{prefix}:{name}")
    return set(known.values())


def _id(type_: str, arn: str, place: mapping.Place) -> str | None:
    return None if _WILD & set(arn) else mapping.id_of(type_, arn, place)


def _what(evaluator: Evaluator, asked: Search) -> tuple[str, str, Context]:
    """Action, resource and the condition keys that are given."""
    resource = _entity(asked.resource)
    type_, id_ = resource.type or "", resource.id or ""
    name = asked.action.name if asked.action else None
    arn = mapping.resource_of(type_, id_, evaluator.place)
    return mapping.action_of(name or "", type_), arn, evaluator.context(asked)


def _entity(entity: Entity | None) -> Entity:
    return entity or Entity()


def _page(asked: Search) -> tuple[str, int]:
    """Behind which id the page begins, and how many it may hold; raises Malformed."""
    page = asked.page
    limit = PAGE if page is None or page.limit is None else min(page.limit, LARGEST_PAGE)
    if limit < 1:
        raise Malformed("`page.limit` must be at least 1")
    token = (page.token or page.next_token or "") if page else ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode(), limit
    except (binascii.Error, ValueError):
        raise Malformed("`page.token` is none that a search answered") from None


def _taken(allowed: Iterator[tuple[str, Found]], limit: int) -> Found:
    found = list(islice(allowed, limit + 1))
    return _found([each for _, each in found[:limit]], _token(found[limit - 1][0]) if len(found) > limit else "")


def _token(id_: str) -> str:
    """What asks for the page behind that id."""
    return base64.urlsafe_b64encode(id_.encode()).decode()


def _found(results: list[Found], token: str) -> Found:
    return {"results": results, "page": {"next_token": token, "count": len(results)}}
