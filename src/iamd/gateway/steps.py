"""What links do at once and later alike."""

from __future__ import annotations

from typing import Final

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway import heads, s3_requests
from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form
from iamd.gateway.facts.changes import leaves_facts
from iamd.gateway.forward_access import HEADER
from iamd.gateway.mapped import Need
from iamd.gateway.modes import ENFORCE
from iamd.gateway.outbound import Outbound, Passed
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.who import Who
from iamd.store.waiting import Waiting
from iamd.wire.errors import AccessDenied, InternalFailure
from iamd.wire.http import HttpRequest

# Members of an Enum are found by a function of Python's.
_S3: Final = Form.S3
_SERVICE: Final = CallerKind.SERVICE


def settle(parts: Parts, passage: Passage, account_id: str, found: list[Need]) -> None:
    """Take in what must be allowed, with its owners; `account_id` is where names are resolved. Raises Unmapped."""
    signature, upstream = passage.signature, passage.upstream
    if signature is None or upstream is None:
        raise InternalFailure
    region, told = signature.region, bool(upstream.told)
    passage.needs = [parts.owners.settle(need, region, account_id, keeps_accounts=told) for need in found]


def has_subresource(passage: Passage) -> bool:
    """Whether an S3 request asks for more than the object or bucket itself."""
    place = None if passage.asked is None else passage.asked.place
    return place is not None and not s3_requests.is_plain(place)


def forget_changed(parts: Parts, passage: Passage) -> None:
    """Believe nothing any more that upstreams told of what the request may change."""
    for need in passage.needs:
        if not leaves_facts(need.action):
            parts.facts.forget(passage.needs)
            return


def may_be_blocked(passage: Passage, asked: Asked, caller: Caller) -> bool:
    """Whether S3's Block Public Access can be against the request: it writes, or is another account's."""
    if asked.form is not _S3 or caller.kind is _SERVICE:
        return False
    if passage.request.method not in ("GET", "HEAD"):
        return True
    account_id: str = caller.account_id
    return any(need.owner != account_id for need in passage.needs)


def misses_object(passage: Passage, status: int) -> bool:
    """Whether an upstream answers with that status that S3 has no such object, or nothing of the kind about it."""
    if status != 404 or passage.request.method not in ("GET", "HEAD"):
        return False
    place = None if passage.asked is None else passage.asked.place
    return place is not None and place.key is not None


def who_asks(passage: Passage) -> Who:
    """The caller, where and how."""
    caller, signature, access = passage.caller, passage.signature, passage.access
    if caller is None or signature is None:
        raise InternalFailure
    via = access.via if access is not None else ()
    return Who(caller, passage.request, passage.now, signature.timestamp, signature.region, via)


def tolerated(parts: Parts, passage: Passage) -> list[AccessDenied] | None:
    """Where refusals go that the mode leaves out; None where it leaves out none."""
    return None if parts.mode == ENFORCE else passage.tolerated


def address(parts: Parts, passage: Passage, body: Passed) -> None:
    """Make the request to the upstream. From here on what it may change is not believed, and what cannot be recorded is
    not done. Raises StoreError."""
    asked, signature, request = passage.asked, passage.signature, passage.request
    if asked is None or signature is None:
        raise InternalFailure
    if asked.service.name in parts.forward_access.principals:
        word = parts.forward_access.given(asked.service, passage.access, passage.now)
        if word is not None:
            body.headers.append((HEADER, word))
    passage.outbound = Outbound(
        request.method,
        _path(asked, request),
        heads.passed_query(request.query),
        body.headers,
        body.body,
        body.length,
        body.payload_hash,
        (signature.region, signature.service),
        passage.needs[0].owner,
    )
    forget_changed(parts, passage)
    waiting: Waiting = parts.realm.store.waiting
    waiting.require_room()


def _path(asked: Asked, request: HttpRequest) -> bytes:
    """The path as it came; a bucket out of the host's name stands before it, since the upstream has another host."""
    place = asked.place
    if place is None or not place.virtual or place.bucket is None:
        return request.path
    return b"/" + place.bucket.encode() + request.path
