"""The gateway: one request from its head to the upstream's answer, read top to bottom."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, partial
from time import perf_counter
from typing import Any

import structlog
from msgspec import structs

from iamd.audit.ids import new_uuid
from iamd.caller import sigv4
from iamd.caller.authenticate import authenticate
from iamd.caller.caller import Caller
from iamd.caller.sigv4 import Signature
from iamd.caller.streamed import UNSIGNED, Payload, Pieces
from iamd.gateway import (
    bodies,
    heads,
    mapping,
    parameters,
    recognise,
    recording,
    refusals,
    s3_requests,
    strict,
    uploads,
    written_policies,
)
from iamd.gateway.asked import Asked, Form
from iamd.gateway.connections import Reply
from iamd.gateway.directory import services
from iamd.gateway.exact.s3 import NEEDS_BODY
from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.public_access import may_be_blocked, require_unblocked
from iamd.gateway.facts.questions import Place
from iamd.gateway.forward import Forwarder
from iamd.gateway.forward_access import HEADER, Access, ForwardAccess
from iamd.gateway.judge import judge
from iamd.gateway.mapped import Inquiry, Need, NotKnown
from iamd.gateway.modes import ENFORCE, LOG
from iamd.gateway.outbound import Outbound
from iamd.gateway.owners import Owners
from iamd.gateway.passage import Answer, Passage
from iamd.gateway.service_callers import ServiceCallers
from iamd.gateway.upstreams import Upstream, Upstreams
from iamd.gateway.who import Who
from iamd.services.call import Realm
from iamd.store.errors import NoAccount, StoreError
from iamd.wire.errors import (
    AwsError,
    InternalFailure,
    MissingAuthenticationToken,
    ServiceUnavailable,
    UnknownOperationException,
)
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel

_log = structlog.get_logger("iamd")
_LONGEST_TOLD = 64 << 10  # bytes of an upstream's answer to a form


class Gateway:
    """Decides on requests for other services and forwards them. `owners` have the upstreams' resources, whose `facts`
    are read there; `services` may call, too, by `forward_access` for their callers; `max_body` bytes are read of a body
    that says what a request needs. In another mode than `enforce`, what policies do not allow is passed on and recorded;
    strangers and what cannot be mapped are refused in any."""

    def __init__(
        self,
        realm: Realm,
        upstreams: Upstreams,
        forwarder: Forwarder,
        owners: Owners,
        facts: Facts,
        services: ServiceCallers,
        forward_access: ForwardAccess,
        max_body: int,
        mode: str = ENFORCE,
    ) -> None:
        self._realm = realm
        self._upstreams = upstreams
        self._forwarder = forwarder
        self._owners = owners
        self._facts = facts
        self._services = services
        self._forward_access = forward_access
        self._max_body = max_body
        self._mode = mode

    def forget(self) -> None:
        """Believe nothing any more that upstreams told."""
        self._facts.clear()

    async def answer(self, request: HttpRequest, pieces: Pieces) -> Answer:
        """The upstream's answer, or a refusal as the service would word it. Records the call."""
        passage = Passage(request, new_uuid(), datetime.now(UTC).replace(microsecond=0))
        try:
            answer = await self._pass(passage, pieces)
        except AwsError as error:
            answer = self._refused(passage, error)
        except bodies.Gone:
            passage.error = "ClientDisconnected", ""
            with suppress(StoreError):
                self._record(passage)
            raise
        except (StoreError, NoAccount):
            _log.error("the store failed", request_id=passage.request_id, exc_info=True)
            answer = self._refused(passage, ServiceUnavailable())
        except Exception:
            _log.error("a request to an upstream failed", request_id=passage.request_id, exc_info=True)
            answer = self._refused(passage, InternalFailure())
        try:
            self._record(passage)
        except StoreError:
            _log.error("a request was not recorded", request_id=passage.request_id, exc_info=True)
            answer = self._refused(passage, ServiceUnavailable())
        if passage.asked is not None:
            answer.service, answer.operation = passage.asked.service.name, passage.asked.operation.name
        return answer

    async def _pass(self, passage: Passage, pieces: Pieces) -> Answer:
        request, store = passage.request, self._realm.store
        arrived = min(request.arrived, perf_counter())
        if store.may_be_stale(arrived):
            await store.refresh(arrived)
        strict.check_head(request)
        signature = passage.signature = sigv4.read(request)
        if signature is None:
            return await self._pass_upload(passage, pieces)
        rest = await self._identify(passage, signature, pieces)
        asked = passage.asked = recognise.recognise(request, signature.service, passage.form)
        response = await self._forward(passage, signature, asked, rest, pieces)
        return _answered(request, response)

    async def _pass_upload(self, passage: Passage, pieces: Pieces) -> Answer:
        """An object in a form, which a POST policy signs."""
        if not is_upload(passage.request.headers):
            raise MissingAuthenticationToken
        passage.form, passage.service = Form.S3, services()["s3"]
        upload = await uploads.read(passage.request, pieces)
        signature = passage.signature = upload.signature
        passage.caller = await self._caller(passage, signature, None)
        request, file = await upload.as_put(passage.now)
        passage.request = request
        strict.check_head(request)
        asked = recognise.recognise(request, signature.service, Form.S3)
        if asked.place is not None:
            asked = structs.replace(asked, place=structs.replace(asked.place, posted=True))
        passage.asked = asked
        response = await self._forward(passage, signature, asked, Payload(UNSIGNED), file)
        if response.status >= 300:
            return _answered(request, response)
        etag = response.header(b"etag") or b""
        await response.read(_LONGEST_TOLD)
        return upload.answer(etag, passage.request_id)

    async def _forward(
        self, passage: Passage, signature: Signature, asked: Asked, rest: Payload | None, pieces: Pieces
    ) -> Reply:
        """The upstream's answer to a request whose caller is known, if they may; `rest` of its body is still to come."""
        request = passage.request
        upstream = self._upstreams.of(asked.service)
        if upstream is None:
            raise UnknownOperationException(
                f"No upstream serves {asked.service.name}: start iamd with --upstream {asked.service.name}=URL."
            )
        if self._realm.throttle is not None and passage.caller is not None:
            self._realm.throttle.take_forwarded(passage.caller.account_id, asked.service.name, asked.operation.name)
        if rest is not None and asked.operation.name in NEEDS_BODY:
            request.body, rest = await bodies.whole(rest.read(pieces), self._max_body), None
        await self._decide(passage, signature, asked, upstream)
        outbound = await _outbound(request, signature, asked, rest, pieces, passage.needs[0].owner)
        word = self._forward_access.given(asked.service, passage.access, passage.now)
        if word is not None:
            outbound.headers.append((HEADER, word))
        self._facts.forget(passage.needs)
        self._realm.store.require_room()  # what cannot be recorded is not done
        try:
            response = await self._forwarder.send(upstream, outbound, passage.now)
        finally:
            self._facts.forget(passage.needs)  # what was read meanwhile, too
        if response.status >= 400:
            told = (response.header(b"x-amzn-errortype") or b"").partition(b":")[0]
            code = told.decode("latin-1") or f"HTTP {response.status}"
            passage.error = code, ""
        return response

    async def _identify(self, passage: Passage, signature: Signature, pieces: Pieces) -> Payload | None:
        """Find out whose signature it is. Reads the body, but for S3's, of which what is to come is returned."""
        request = passage.request
        form, passage.service = recognise.form_of(request, signature.service)
        passage.form = form
        payload = sigv4.payload_of(signature)
        if payload is None:
            request.body = await bodies.whole(pieces, self._max_body)
        passage.caller = await self._caller(passage, signature, payload)
        if payload is None or form is Form.S3:
            return payload
        request.body = await bodies.whole(payload.read(pieces), self._max_body)
        return None

    async def _caller(self, passage: Passage, signature: Signature, payload: Payload | None) -> Caller:
        """Whose signature it is, or for whom a service asks that made it."""
        request, realm, now = passage.request, self._realm, passage.now
        service = self._services.identify(request, signature, now, payload)
        if service is None:
            passage.access = Access(signature.access_key_id, signature.token)
            return await authenticate(request, signature, realm.store, realm.sealer, realm.tokens, now, payload)
        passage.access = self._forward_access.taken(request, signature, service.name, now)
        return service if passage.access is None else await self._forward_access.caller(passage.access, now)

    async def _decide(self, passage: Passage, signature: Signature, asked: Asked, upstream: Upstream) -> None:
        """Map the request and decide on all that it needs; raises AwsError unless everything is allowed."""
        request, caller, region = passage.request, passage.caller, signature.region
        if caller is None:
            raise InternalFailure
        passage.document = parameters.read(asked, request)
        account_id = caller.account_id if upstream.told and asked.form is not Form.S3 else self._owners.account_id

        async def lookup(operation: str, given: Mapping[str, Any], about: str | None) -> Mapping[str, Any]:
            return await self._facts.ask(asked.service.name, operation, given, Place(region, account_id), about)

        role_of = partial(self._role_of_profile, account_id)
        needs = await mapping.needs(Inquiry(asked, request, passage.document, region, account_id, lookup, role_of))
        keeps = bool(upstream.told)
        passage.needs = [self._owners.settle(need, region, account_id, keeps_accounts=keeps) for need in needs]
        await self._require_subresources(passage.needs[0], region, asked)
        tolerated = None if self._mode == ENFORCE else passage.tolerated
        who = Who(caller, request, passage.now, region, passage.access.via if passage.access is not None else ())
        await judge(self._realm, self._facts, who, passage.needs, passage.decided, tolerated)
        written_policies.check(asked, request, passage.document, passage.needs[0].resource)
        if self._mode == ENFORCE and may_be_blocked(asked, passage.needs, caller):
            await require_unblocked(self._facts, asked, request, passage.needs, caller.account_id, region)
        if self._realm.store.unsettled:
            await self._realm.store.settled()  # what was decided on must stand before anything follows from it

    async def _role_of_profile(self, account_id: str, name: str) -> str | None:
        records = await self._realm.store.load(account_id)
        profile = records.profiles.named(name)
        role = records.roles.get(profile.role_id) if profile is not None and profile.role_id else None
        return None if role is None else role.arn

    async def _require_subresources(self, need: Need, region: str, asked: Asked) -> None:
        """Refuse what an upstream without subresources would take for a request for the object or bucket itself."""
        place = asked.place
        if place is None or s3_requests.is_plain(place):
            return
        if await self._facts.ignores_subresources(need, region):
            raise NotKnown(f"The upstream has no {asked.operation.name}: it would take it for another request.")

    def _refused(self, passage: Passage, error: AwsError) -> Answer:
        passage.error = error.code, error.message
        request, signature = passage.request, passage.signature
        form = passage.form
        if form is None and signature is not None:
            form = Form.REST_JSON if request.path != b"/" else Form.JSON
        elif form is None:
            form = Form.S3 if is_upload(request.headers) else Form.QUERY
        is_head = request.method == "HEAD"
        refusal = refusals.of(error, form, passage.service, passage.request_id, head=is_head)
        return Answer(refusal.status, refusal.headers, refusal.body, code=error.code)

    def _record(self, passage: Passage) -> None:
        """The audit event, and that the credentials were used."""
        if passage.tolerated and self._mode == LOG:
            messages = [refusal.message for refusal in passage.tolerated]
            _log.warning("passed on what policies deny", request_id=passage.request_id, denials=messages)
        recording.record(passage, self._realm.store, self._mode)


def is_upload(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request is a form with a file, as browsers send them to S3."""
    return any(name == b"content-type" and value.startswith(b"multipart/form-data") for name, value in headers)


def _answered(request: HttpRequest, reply: Reply) -> Answer:
    body, headers = reply.whole(), heads.answer_headers(reply.headers)
    if body is not None and request.method != "HEAD":
        headers = [header for header in headers if header[0] != b"content-length"]
    code = "OK" if reply.status < 400 else f"Upstream{reply.status}"
    return Answer(reply.status, headers, reply.pieces() if body is None else body, code=code)


async def _outbound(
    request: HttpRequest, signature: Signature, asked: Asked, rest: Payload | None, pieces: Pieces, account_id: str
) -> Outbound:
    """What the upstream is sent: the body that was read, or the `rest` that is still to come."""
    headers = heads.passed_headers(request, _own_headers(asked.operation))
    if rest is not None:
        passed = bodies.nothing(request, rest, headers) or await bodies.passed(request, rest, pieces, headers)
    else:
        digest = hashlib.sha256(request.body).hexdigest()
        passed = bodies.Passed(request.body, len(request.body), digest, _unchunked(headers))
    return Outbound(
        request.method,
        _path(asked, request),
        heads.passed_query(request.query),
        passed.headers,
        passed.body,
        passed.length,
        passed.payload_hash,
        (signature.region, signature.service),
        account_id,
    )


def _path(asked: Asked, request: HttpRequest) -> bytes:
    """The path as it came; a bucket out of the host's name stands before it, since the upstream has another host."""
    place = asked.place
    if place is None or not place.virtual or place.bucket is None:
        return request.path
    return b"/" + place.bucket.encode() + request.path


@lru_cache(maxsize=1024)
def _own_headers(operation: OperationModel) -> frozenset[bytes]:
    return frozenset(each.wire_name.lower().encode() for each in operation.inputs if each.location == "header")


def _unchunked(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a body that was read as a whole: out of its chunks, its checksum among them only if not behind."""
    return [
        (name, value)
        for name, value in headers
        if name != b"x-amz-trailer" and not (name == b"content-encoding" and b"aws-chunked" in value)
    ]
