"""What links of the gateway's chain do where something has to be waited for: a body, records, upstreams."""

from __future__ import annotations

from collections.abc import Awaitable

from iamd.caller.authenticate import authenticate, require_known
from iamd.caller.claim import Signature
from iamd.caller.payload import UNSIGNED, Payload
from iamd.caller.streamed import read
from iamd.gateway import bodies, mapping, outcome, strict, uploads
from iamd.gateway.answer import Answer
from iamd.gateway.callers import caller_at_hand
from iamd.gateway.connections import Reply
from iamd.gateway.directory import Form, services
from iamd.gateway.facts.public_access import require_unblocked as require_public_access
from iamd.gateway.judge import judge
from iamd.gateway.mapped import Inquiry, Need
from iamd.gateway.missing_objects import told_of_missing
from iamd.gateway.outbound import Headers
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.steps import address, forget_changed, has_subresource, misses_object, settle, tolerated, who_asks
from iamd.services.call import Cold, Realm
from iamd.store.errors import StaleRead
from iamd.wire.errors import AwsError, InternalFailure, MissingAuthenticationToken
from iamd.wire.gateway_errors import NotKnown
from iamd.wire.http import HttpRequest

_LONGEST_TOLD = 64 << 10  # bytes of an upstream's answer to a form


async def identify(parts: Parts, passage: Passage, payload: Payload | None) -> None:
    """Read the body; unless it is hashed while it comes, before anybody is believed. Nothing is kept in memory of who has
    no key at all."""
    request, pieces, signature, realm = passage.request, passage.pieces, passage.signature, parts.realm
    if payload is None:
        with realm.strangers.counted(request.client_ip):
            if signature is not None and not parts.services.has(signature.access_key_id):
                await _require_known(realm, request, signature)
            request.body = await bodies.whole(pieces, parts.max_body)
    await identify_caller(parts, passage, payload)
    if payload is not None:
        request.body, passage.rest = await bodies.whole(read(payload, pieces), parts.max_body), None


async def _require_known(realm: Realm, request: HttpRequest, signature: Signature) -> None:
    while True:
        try:
            await require_known(request, signature, realm.store, realm.tokens, realm.strangers)
        except AwsError:
            if await realm.store.taken_back():
                continue
            raise
        return


async def identify_caller(parts: Parts, passage: Passage, payload: Payload | None) -> None:
    """Find out of what is in the database who signed, or for whom a service asks."""
    signature, request, realm = passage.signature, passage.request, parts.realm
    if signature is None:
        raise InternalFailure
    store, sealer, tokens, strangers = realm.store, realm.sealer, realm.tokens, realm.strangers
    caller = None
    with strangers.counted(request.client_ip):
        while caller is None:
            try:
                caller = caller_at_hand(parts, passage, signature, payload)
                if caller is None and passage.access is not None and passage.access.via:
                    caller = await parts.forward_access.caller(passage.access, passage.now)
                elif caller is None:
                    caller = await authenticate(
                        request, signature, store, sealer, tokens, strangers, passage.now, payload
                    )
            except AwsError:
                if not await store.taken_back():  # a refusal tells of what was read
                    raise
    passage.caller, passage.rest = caller, payload


async def identify_upload(parts: Parts, passage: Passage) -> None:
    """An object in a form, which a POST policy signs."""
    with parts.realm.strangers.counted(passage.request.client_ip):
        if not outcome.is_upload(passage.request.headers):
            raise MissingAuthenticationToken
        passage.form, passage.service = Form.S3, services()["s3"]
        upload = passage.upload = await uploads.read(passage.request, passage.pieces)
    passage.signature = upload.signature
    await identify_caller(parts, passage, None)
    passage.request, passage.pieces = await upload.as_put(passage.now)
    passage.rest, passage.kept = Payload(UNSIGNED), None
    strict.check_head(passage.request)


async def read_body(parts: Parts, passage: Passage) -> None:
    """Read the body of a request to S3 that says what is needed."""
    if passage.rest is not None:
        body = await bodies.whole(read(passage.rest, passage.pieces), parts.max_body)
        passage.request.body, passage.rest = body, None


async def find_needs(parts: Parts, passage: Passage, inquiry: Inquiry, finding: Awaitable[list[Need]] | None) -> None:
    """Find out what must be allowed, as it is being found out already or from the beginning."""
    found: list[Need] | Awaitable[list[Need]] | None = finding
    while not isinstance(found, list):
        try:
            found = mapping.needs(inquiry) if found is None else await found
        except Cold as cold:
            found = None
            await parts.realm.store.load(cold.account_id)
    settle(parts, passage, inquiry.account_id, found)
    if has_subresource(passage):
        await require_subresources(parts, passage)


async def require_subresources(parts: Parts, passage: Passage) -> None:
    """Refuse what an upstream without subresources would take for a request for the object or bucket itself."""
    asked, signature = passage.asked, passage.signature
    if asked is None or signature is None:
        raise InternalFailure
    if await parts.facts.ignores_subresources(passage.needs[0], signature.region):
        raise NotKnown(f"The upstream has no {asked.operation.name}: it would take it for another request.")


async def decide(parts: Parts, passage: Passage) -> None:
    """Decide with what has to be read first; whoever is refused is so by what stands."""
    realm = parts.realm
    while True:
        passage.decided.clear()
        passage.tolerated.clear()
        try:
            await judge(
                realm, parts.facts, who_asks(passage), passage.needs, passage.decided, tolerated(parts, passage)
            )
        except AwsError:
            if not await realm.store.taken_back():
                raise
        else:
            return


async def conclude(parts: Parts, passage: Passage, *, blocks: bool) -> None:
    """Return when what was decided on stands: what has been taken back meanwhile is decided on anew. `blocks` tells whether
    Block Public Access may be against the request."""
    store = parts.realm.store
    while store.unsettled:
        try:
            await store.settled()
            break
        except StaleRead:
            await decide(parts, passage)
    if blocks:
        await _require_unblocked(parts, passage)


async def _require_unblocked(parts: Parts, passage: Passage) -> None:
    asked, caller, signature = passage.asked, passage.caller, passage.signature
    if asked is None or caller is None or signature is None:
        raise InternalFailure
    needs, region = passage.needs, signature.region
    await require_public_access(parts.facts, asked, passage.request, needs, caller.account_id, region)


async def compose(parts: Parts, passage: Passage, headers: Headers) -> None:
    """Send a body on as it comes."""
    if passage.rest is None:
        raise InternalFailure
    address(parts, passage, await bodies.passed(passage.request, passage.rest, passage.pieces, headers))


async def answer(parts: Parts, passage: Passage, reply: Reply | None = None) -> Answer:
    """Send the request, unless there is a reply to it already, and record it: the upstream's answer, or a refusal. Raises
    Gone when the client left before its body was complete, which is recorded, too."""
    try:
        answer = await _answered(parts, passage, await _send(parts, passage) if reply is None else reply)
    except bodies.Gone:
        outcome.record_gone(parts, passage)
        raise
    except Exception as error:
        answer = outcome.refused(passage, error)
    return outcome.recorded(parts, passage, answer)


async def _send(parts: Parts, passage: Passage) -> Reply:
    upstream, outbound = passage.upstream, passage.outbound
    if upstream is None or outbound is None:
        raise InternalFailure
    try:
        return await parts.forwarder.send(upstream, outbound, passage.now)
    finally:
        forget_changed(parts, passage)  # what was read meanwhile, too


async def _answered(parts: Parts, passage: Passage, reply: Reply) -> Answer:
    """The upstream's answer, or what a form is told of it."""
    outcome.note(passage, reply.status, reply.headers)
    if passage.upload is not None and reply.status < 300:
        etag = reply.header(b"etag") or b""
        await reply.read(_LONGEST_TOLD)
        return passage.upload.answer(etag, passage.request_id)
    missing = misses_object(passage, reply.status)
    body = await told_of_missing(parts, passage, reply) if missing else reply.whole()
    return outcome.answered(passage, reply.status, reply.headers, reply.pieces() if body is None else body)
