"""`/access/v1/explanation...` and `/escalations`: why something is allowed or denied, and whom a principal can become."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from time import monotonic
from typing import Any

import msgspec

from iamd.analysis.access import Holder
from iamd.analysis.escalation import Edge, Estate, Reach, reach
from iamd.audit.search import find
from iamd.audit.stored import opened
from iamd.authorization import explanations
from iamd.authorization.escalations import estate
from iamd.authorization.evaluations import Evaluator
from iamd.authorization.messages import Entity, Malformed
from iamd.authorization.recalls import Recall, recalled
from iamd.authorization.subjects import Unknown, all_of, snapshot_of, subject_of
from iamd.caller.caller import Caller
from iamd.policy import Attached, Kind, PrincipalKind, load
from iamd.policy.wording import condition_of
from iamd.server.clock import now
from iamd.services.call import Cold, Realm
from iamd.services.iam.trust import rendered
from iamd.services.iam_toolbox import authorization_details
from iamd.store.image import Records
from iamd.store.interface import Window
from iamd.wire.errors import ResourceNotFoundException, ServiceUnavailable, Throttling

LARGEST = 5_000  # users and roles of an account whose escalations are looked for
MOST = 500  # of them that are looked at behind one principal
SECONDS = 20.0
_SLICE = 100  # principals that are gathered at a time, while others wait
_TRIES = 8

_asking: set[str] = set()
"""The accounts for which somebody's escalations are looked for, one at a time."""


class OfDenial(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A denial of the last day, by the id at the end of its message."""

    authorization_id: str


class OfEvent(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """An event of the record."""

    event_id: str


class OfPrincipal(msgspec.Struct, forbid_unknown_fields=True):
    """Whose escalations are looked for."""

    subject: Entity


async def denial(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Why a request of the last day was denied, by the policies of then, and what would have allowed it. Raises
    Malformed, ResourceNotFoundException."""
    asked = _read(body, OfDenial)
    found = await authorization_details.found(realm, account_id, asked.authorization_id)
    if found is None:
        raise ResourceNotFoundException("No authorization details were found for this authorization id.")
    answer = explanations.told(realm, account_id, found.request, found.layers)
    return answer, {"authorizationId": asked.authorization_id[:64]}


async def event(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a recorded call of the account, with the condition keys of then, is decided by the policies as they are.
    Raises Malformed, ResourceNotFoundException, ServiceUnavailable."""
    asked = _read(body, OfEvent)
    found = await find(realm.store, Window(account_id, None, None, None, 1), "EventId", asked.event_id)
    if not found:
        raise ResourceNotFoundException("There is no such event.")
    call = Recall(account_id, found[0].time, opened(found[0].record))
    for _ in range(_TRIES):
        try:
            evaluator = Evaluator(realm, await realm.store.load(account_id), now())
            answer = recalled(realm, evaluator, call)
        except Cold as cold:
            await realm.store.load(cold.account_id)
            continue
        if realm.resources is None or not evaluator.unread:
            return answer, {"eventId": asked.event_id[:64], "decision": answer["decision"]}
        await realm.resources.read(evaluator.unread, realm.region)
    raise ServiceUnavailable


async def escalations(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whom a user or role of the account can become, step by step. Raises Malformed, Throttling."""
    asked = _read(body, OfPrincipal).subject
    if account_id in _asking:
        raise Throttling
    _asking.add(account_id)
    try:
        source, found = await _found(realm, account_id, asked)
    finally:
        _asking.discard(account_id)
    answer = {
        "principal": source,
        "administrators": sorted(found.administrators),
        "edges": [_edge(edge) for edge in found.edges],
        "complete": found.complete,
    }
    return answer, {"subject": source, "edges": len(found.edges)}


def _read(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "target": edge.target,
        "method": edge.method,
        "steps": [
            {
                "action": step.action,
                "resource": step.resource,
                "statements": [
                    {"policy": each.policy, "index": each.index, "sid": each.sid} for each in step.statements
                ],
                "needs": [condition_of(change) for change in step.needs],
            }
            for step in edge.steps
        ],
    }


async def _found(realm: Realm, account_id: str, asked: Entity) -> tuple[str, Reach]:
    for _ in range(_TRIES):
        try:
            source, everyone = await _estate(realm, await realm.store.load(account_id), asked)
        except Unknown as unknown:
            raise Malformed(str(unknown)) from None
        except Cold as cold:
            await realm.store.load(cold.account_id)
        else:
            return source, await asyncio.to_thread(_reach, everyone, source)
    raise ServiceUnavailable


def _reach(everyone: Estate, source: str) -> Reach:
    """Pure, of what was gathered, so that the event loop goes on beside it."""
    end = monotonic() + SECONDS
    return reach(everyone, source, lambda looked_at: looked_at < MOST and monotonic() < end)


async def _estate(realm: Realm, records: Records, asked: Entity) -> tuple[str, Estate]:
    """The ARN of whom is asked about, and the account's users and roles. Raises Unknown, Malformed, Cold."""
    source = subject_of(realm, records, asked.type or "", asked.id or "").principal.arn
    if len(records.users) + len(records.roles) > LARGEST:
        raise Malformed(f"the account has more than {LARGEST} users and roles: use `iamd escalation`")
    holders = await _holders(realm, records)
    trusts = {role.arn: Attached(role.arn, load(rendered(role, realm), Kind.TRUST)) for role in records.roles}
    # Whoever was made or deleted while others were gathered is left out.
    there = [each for each in holders if each.principal.kind is PrincipalKind.USER or each.principal.arn in trusts]
    return source, estate(there, {records.account_id: records}, trusts)


async def _holders(realm: Realm, records: Records) -> list[Holder]:
    """The users and roles of an account with the policies that bear on them. Raises Cold."""
    found: list[Holder] = []
    for caller in list(_everyone(records)):
        snapshot = snapshot_of(realm, records, caller)
        standing = snapshot.standing
        layers = snapshot.layers if standing is None else snapshot.towards(standing)
        layers = dataclasses.replace(layers, plans={})  # what is found out of them is nobody else's
        context = {key: value for key, value in snapshot.context.items() if value}
        found.append(Holder(snapshot.principal, layers, context))
        if len(found) % _SLICE == 0:
            await asyncio.sleep(0)
    return found


def _everyone(records: Records) -> Iterator[Caller]:
    for kind in ("user", "role"):
        yield from (caller for _, caller in all_of(records, kind, ""))
