"""`/access/v1/history/...`: what changed between two moments, and which recorded calls a change would decide otherwise."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

import msgspec

from iamd.audit import hindsight
from iamd.audit.hindsight import Hindsight
from iamd.authorization.messages import Malformed
from iamd.server.telemetry import log
from iamd.services.call import Realm
from iamd.wire.errors import InternalFailure, Throttling

T = TypeVar("T", bound=msgspec.Struct)


# They become arguments of a command: nothing that ends one, and no revision of another account (`ACCOUNT@42`).
Time = Annotated[str, msgspec.Meta(max_length=40, pattern=r"\A[0-9A-Za-z:.+ -]+\Z")]
Revision = Annotated[int, msgspec.Meta(ge=0, lt=10**18)]


class Comparison(msgspec.Struct, forbid_unknown_fields=True):
    """Two moments: revisions of the caller's account, or times. Without `after`, until now."""

    before: Revision | Time
    after: Revision | Time = "now"


class Proposal(msgspec.Struct, forbid_unknown_fields=True):
    """Calls that would change policies, each by its name with its parameters; requests that are tried besides; which
    time of the record is asked, and whether that of the whole organization, which the account has to manage."""

    changes: list[dict[str, dict[str, Any]]]
    requests: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=100)] = []
    since: Time | None = None
    until: Time | None = None
    organization: bool = False


async def compare(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """What access changed, and what the record tells of the question. Raises Malformed, Throttling."""
    asked = _read(body, Comparison)
    before, after = (f"{account_id}@{each}" if isinstance(each, int) else each for each in (asked.before, asked.after))
    answer = await _answered(_at_hand(realm).compare(account_id, before, after))
    return answer, {"before": str(asked.before), "after": str(asked.after)}


async def replay(realm: Realm, account_id: str, body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which calls would flip, and what the record tells of the question. Raises Malformed, Throttling."""
    asked = _read(body, Proposal)
    await realm.store.flush()  # the last calls, too
    changes = msgspec.json.encode({"changes": asked.changes, "requests": asked.requests})
    answer = await _answered(
        _at_hand(realm).replay(account_id, changes, asked.since, asked.until, organization=asked.organization)
    )
    told = {"changes": len(asked.changes), "flips": len(answer["flips"])}
    return answer, {**told, "requests": len(asked.requests)} if asked.requests else told


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from None


def _at_hand(realm: Realm) -> Hindsight:
    if realm.hindsight is None:
        raise Malformed("the server keeps everything in memory: start it with a data directory to ask about the past")
    return realm.hindsight


async def _answered(asked: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await asked
    except hindsight.Refused as refusal:
        raise Malformed(str(refusal)) from None
    except hindsight.Busy:
        raise Throttling from None
    except hindsight.Broken as failure:
        log.error("a question about the past failed", error=str(failure))
        raise InternalFailure from None
