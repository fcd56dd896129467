"""May they? Every need of a request, decided by the one guard."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import structs

from iamd.caller.caller import Caller
from iamd.gateway.mapped import Need
from iamd.guard.context import Context, request_context
from iamd.guard.enforce import Ask, authorize
from iamd.policy import Decision, Kind
from iamd.services.call import Cold, Realm
from iamd.wire.errors import AccessDenied, ServiceUnavailable
from iamd.wire.http import HttpRequest

_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):").match
_OF_STATE = re.compile(r"[a-z0-9-]+:(resourcetag|existingobjecttag)/").match
_ROLE = re.compile(r"arn:[^:]*:iam::\d{12}:role/(?:.*/)?([^/]+)").fullmatch
_TRIES = 8


async def judge(
    realm: Realm,
    caller: Caller,
    request: HttpRequest,
    now: datetime,
    region: str,
    owner: str,
    needs: list[Need],
    asked: list[Ask],
) -> None:
    """Return when every need is allowed; raises AccessDenied. `owner` is the account of the upstream's resources. What was
    decided is added to `asked`, the last of it refused where it raises."""
    for _ in range(_TRIES):
        try:
            asked.clear()
            _judge(realm, caller, request, now, region, owner, needs, asked)
        except Cold as cold:
            await realm.store.load(cold.account_id)
        else:
            return
    raise ServiceUnavailable


def _judge(
    realm: Realm,
    caller: Caller,
    request: HttpRequest,
    now: datetime,
    region: str,
    owner: str,
    needs: list[Need],
    asked: list[Ask],
) -> None:
    records = realm.records(caller.account_id)
    if records is None:
        raise AccessDenied
    snapshot = realm.snapshots.of(caller, records, realm.standing(caller.account_id))
    agent = request.header(b"user-agent") or ""
    circumstances = {
        **snapshot.context,
        **request_context(caller, now, request.client_ip, request.secure, agent, region),
    }
    for need in needs:
        named = _ACCOUNT(need.resource)
        account_id = named[1] if named else owner
        context: Context = {**circumstances, "aws:resourceaccount": account_id}
        standing = realm.standing(account_id) if realm.store.has_account(account_id) else None
        if standing is not None:
            context.update(standing.resource_keys)
        context.update(need.context)
        if need.action == "iam:PassRole":
            context.update(_role_tags(realm, need.resource, account_id))
        ask = Ask(need.action, need.resource, account_id, context=context, owner=standing)
        if need.policy is not None:
            ask = structs.replace(ask, policy=need.policy, policy_kind=Kind.RESOURCE)
        asked.append(ask)
        _require_known(need, authorize(caller.arn, snapshot, ask))


def _role_tags(realm: Realm, arn: str, account_id: str) -> Context:
    """The tags of a role of this server's, by name."""
    named, records = _ROLE(arn), realm.records(account_id)
    role = records.roles.named(named[1]) if named and records else None
    return {f"aws:resourcetag/{key.lower()}": value for key, value in role.tags} if role else {}


def _require_known(need: Need, decision: Decision) -> None:
    """Refuse what was allowed without knowing everything that AWS would have known.

    A condition on the absent key may have kept a Deny from acting.
    """
    service = need.action.partition(":")[0]
    for key in decision.missing:
        of_state = _OF_STATE(key) is not None and need.action != "iam:PassRole"
        of_service = key.startswith(f"{service}:") and not key.startswith(need.tells)
        if of_state or of_service:
            raise AccessDenied(
                f"A policy for {need.action} asks for `{key}`, which the gateway does not know of this request; "
                "what depends on it is refused."
            )
