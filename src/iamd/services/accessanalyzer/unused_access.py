"""What nobody has used for some time: roles, access keys, passwords, permissions.

Permissions are looked at by service, and by action where the services are iamd's own; of a role that nobody used,
nothing else is told.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from iamd.services.accessanalyzer.observations import Observation, roles
from iamd.services.accessanalyzer.resource_kinds import ROLE, USER
from iamd.services.call import Realm
from iamd.services.iam.granted_services import granted_actions, granted_services
from iamd.services.iam.sources import policies_of
from iamd.store.image import Records
from iamd.store.interface import Access
from iamd.store.records import Role, User
from iamd.wire import model

DEFAULT_DAYS = 90
_BY_ACTION = ("iam", "sts")  # whose actions are recorded one by one
_UNTRACKED = frozenset({"PassRole"})  # never attempted by themselves
_GRANTS_KEPT = 2_048


def days_of(configuration: str) -> int:
    """The age from which access counts as unused, in days."""
    return int(json.loads(configuration or "{}").get("unusedAccess", {}).get("unusedAccessAge", DEFAULT_DAYS))


def unused(
    records: Records, configuration: str, accesses: Sequence[Access], now: datetime, realm: Realm
) -> Iterator[Observation]:
    """What is unused in an account, but for what the configuration leaves out."""
    rules = json.loads(configuration or "{}").get("unusedAccess", {}).get("analysisRule", {}).get("exclusions", [])
    since = now - timedelta(days=days_of(configuration))
    by_principal: dict[str, list[Access]] = {}
    for access in accesses:
        by_principal.setdefault(access.principal_id, []).append(access)
    for role in roles(records):
        if role.created >= since or _left_out(role, rules):
            continue
        usage = realm.store.last_used(role.account_id, role.id)
        if usage is None or usage.time < since:
            told = {"lastAccessed": _text(None if usage is None else usage.time)}
            yield _seen("UnusedIAMRole", role, told, "")
        else:
            yield from _permissions(records, role, by_principal.get(role.id, []), since)
    for user in records.users.sorted():
        if not _left_out(user, rules):
            yield from _credentials(records, user, since, realm)
            if user.created < since:
                yield from _permissions(records, user, by_principal.get(user.id, []), since)


def grants_asked(records: Records) -> list[tuple[str, ...]]:
    """The policies whose grants `unused` will ask for, entity by entity."""
    entities: list[User | Role] = [*roles(records), *records.users]
    return [tuple(each.document for each in policies_of(records, entity)) for entity in entities]


def learn_grants(asked: Sequence[tuple[str, ...]]) -> None:
    """Find out what policies grant, which is kept: off the event loop, for it can take a fifth of a second each."""
    for documents in asked[:_GRANTS_KEPT]:
        _granted(documents)


def _left_out(entity: User | Role, rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a rule names the account, and (or) tags that the entity has."""
    tags = dict(entity.tags)
    return any(
        ("accountIds" not in rule or entity.account_id in rule["accountIds"])
        and ("resourceTags" not in rule or any(wanted.items() <= tags.items() for wanted in rule["resourceTags"]))
        for rule in rules
    )


def _credentials(records: Records, user: User, since: datetime, realm: Realm) -> Iterator[Observation]:
    for key in records.access_keys.where("owner", user.id):
        usage = realm.store.last_used(user.account_id, key.id)
        if key.active and key.created < since and (usage is None or usage.time < since):
            told = {"accessKeyId": key.id, "lastAccessed": _text(None if usage is None else usage.time)}
            yield _seen("UnusedIAMUserAccessKey", user, told, key.id)
    profile = records.login_profiles.get(user.id)
    last = user.password_last_used
    if profile is not None and profile.created < since and (last is None or last < since):
        yield _seen("UnusedIAMUserPassword", user, {"lastAccessed": _text(last)}, "")


def _permissions(
    records: Records, entity: User | Role, accesses: Sequence[Access], since: datetime
) -> Iterator[Observation]:
    """One finding for an entity, with all that it may do and has not done."""
    latest: dict[tuple[str, str], datetime] = {}
    for access in accesses:
        for key in ((access.service, ""), (access.service, access.action)):
            latest[key] = max(latest.get(key, access.time), access.time)
    told: list[dict[str, Any]] = []
    for service, actions in _granted(tuple(each.document for each in policies_of(records, entity))):
        last = latest.get((service, ""))
        old = [each for each in actions if latest.get((service, each), since) <= since]
        if last is None or last < since:
            told.append({"serviceNamespace": service, "lastAccessed": _text(last)})
        elif old:
            listed = [{"action": each, "lastAccessed": _text(latest.get((service, each)))} for each in old]
            told.append({"serviceNamespace": service, "lastAccessed": _text(last), "actions": listed})
    if told:
        yield _seen("UnusedPermission", entity, told, "")


@lru_cache(_GRANTS_KEPT)
def _granted(documents: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The services that policies give access to, with the actions of those whose actions are recorded."""
    return tuple((service, _actions(documents, service)) for service in granted_services(documents))


def _actions(documents: tuple[str, ...], service: str) -> tuple[str, ...]:
    if service not in _BY_ACTION:
        return ()
    names = set(granted_actions(documents, service)) & model.load(service).operations.keys()
    return tuple(sorted(names - _UNTRACKED))


def _seen(type_: str, entity: User | Role, told: Any, seed: str) -> Observation:
    kind = ROLE if isinstance(entity, Role) else USER
    return Observation(type_, entity.arn, kind, f"{type_} {entity.id} {seed}", json.dumps(told))


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
