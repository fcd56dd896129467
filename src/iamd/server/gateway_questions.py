"""`/access/v1/gateway...`: what is forwarded where, what came of it lately, and which policies that needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from iamd.audit.doings import Doings, TooManyEvents, doings, is_denial
from iamd.audit.encoding import own_action
from iamd.audit.identity import iso
from iamd.audit.search import search
from iamd.audit.stored import StoredEvent, opened
from iamd.authorization.messages import Malformed
from iamd.server.clock import now
from iamd.services.call import Realm
from iamd.services.catalogue import APIS
from iamd.store.interface import Recorded, Window

LOOKED_AT = 5_000
"""Events, the newest ones, among which those of other services are looked for."""
SHOWN = 50
LEARNED_FROM = 20_000
_PAGE = 500
_DAY = timedelta(days=1)
_AWS = ".amazonaws.com"
_OWN = frozenset({api.source for api in APIS.values()} | {f"signin{_AWS}"})

Days = Annotated[int, msgspec.Meta(ge=1, le=90)]


class Look(msgspec.Struct, forbid_unknown_fields=True):
    """How many days back."""

    days: Days = 1


async def gateway(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The gateway's mode and upstreams; the account's calls to each service of the last days, and its newest denials.
    Without upstreams `mode` is None. Raises Malformed."""
    asked = _read(body)
    known = realm.forwarding
    told: dict[str, Any] = {"mode": None, "upstreams": [], "services": [], "denials": [], "days": asked.days}
    if known is None:
        return told, {"days": asked.days}
    told["mode"] = known.mode
    told["upstreams"] = [{"service": name, "url": url} for name, url in sorted(known.upstreams.items())]
    calls: Counter[str] = Counter()
    denied: Counter[str] = Counter()
    async for event, stored in _forwarded(realm, account_id, asked.days):
        service = stored.source.removesuffix(_AWS)
        calls[service] += 1
        why = _refusals(stored)
        denied[service] += bool(why)
        if why and len(told["denials"]) < SHOWN:
            told["denials"].append(_denial(event, stored, why))
    told["services"] = [
        {"service": service, "calls": count, "denied": denied[service]} for service, count in calls.most_common()
    ]
    return told, {"days": asked.days, "services": len(calls)}


async def learned(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The least policy of each user and role that did something in the last days, as `iamd learn report` makes it; what
    the gateway refused does not count. Raises Malformed."""
    asked = _read(body)
    try:
        found = await doings(realm.store, account_id, since=now() - asked.days * _DAY, most=LEARNED_FROM)
    except TooManyEvents:
        raise Malformed(
            f"there are more than {LEARNED_FROM} events: ask for fewer days, or use `iamd learn report`"
        ) from None
    policies = [told for each in found if (told := _policy(each)) is not None]
    return {"principals": policies, "days": asked.days}, {"days": asked.days, "principals": len(policies)}


def _read(body: bytes) -> Look:
    try:
        return msgspec.json.decode(body, type=Look)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


async def _forwarded(realm: Realm, account_id: str, days: int) -> AsyncIterator[tuple[Recorded, StoredEvent]]:
    """The account's calls to other services, newest first."""
    looked_at = 0
    async for event in search(realm.store, Window(account_id, now() - days * _DAY, None, None, _PAGE), {}):
        looked_at += 1
        if looked_at > LOOKED_AT:
            return
        stored = opened(event.record)
        if stored.source.endswith(_AWS) and stored.source not in _OWN:
            yield event, stored


def _refusals(stored: StoredEvent) -> list[str]:
    """Why a call was refused, or would have been in another mode. Of refusals of upstreams only the code is known."""
    if stored.error_code is not None and stored.error_message and is_denial(stored.error_code):
        return [stored.error_message]
    passed_on = (stored.additional or {}).get("wouldBeDenied", ())
    return [str(each) for each in passed_on]


def _denial(event: Recorded, stored: StoredEvent, why: list[str]) -> dict[str, Any]:
    identity = msgspec.msgpack.decode(stored.identity)
    asked = stored.asked[-1] if stored.asked else None
    return {
        "id": event.event_id,
        "time": iso(event.time),
        "principal": identity.get("arn"),
        "service": stored.source.removesuffix(_AWS),
        "operation": stored.name,
        "action": (asked.action or own_action(stored.source, stored.name)) if asked else None,
        "resource": asked.resource if asked else None,
        "passedOn": stored.error_code is None,
        "why": why,
    }


def _policy(who: Doings) -> dict[str, Any] | None:
    policy = who.policy()
    if policy is None:
        return None
    actions = {done.action for done in who.done.values()}
    return {"principal": who.principal, "calls": who.calls, "actions": len(actions), "policy": policy}
