"""The links of the gateway's chain, in the order of `LINKS`.

As in the chain of iamd's own APIs (`chain.links`), a link fills in its part of the Passage or raises AwsError. It returns
None when its part is done, or the coroutine (of `later`) that does it where something has to be waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from iamd.caller import sigv4
from iamd.caller.payload import UNSIGNED
from iamd.gateway import bodies, heads, later, mapping, parameters, recognise, strict
from iamd.gateway.callers import caller_at_hand
from iamd.gateway.exact.s3 import NEEDS_BODY
from iamd.gateway.mapped import Inquiry
from iamd.gateway.modes import ENFORCE
from iamd.gateway.outbound import Headers, Passed
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.recognise import S3
from iamd.gateway.steps import (
    address,
    has_subresource,
    may_be_blocked,
    settle,
    tolerated,
    who_asks,
)
from iamd.gateway.verdicts import Question, open_questions
from iamd.gateway.written_policies import check_written, writes_policy
from iamd.services.call import Cold
from iamd.wire.errors import AwsError, InternalFailure, SignatureDoesNotMatch, UnknownOperationException

Link = Callable[[Parts, Passage], Awaitable[None] | None]


def catch_up(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """See what other processes have committed."""
    arrived, store = passage.request.arrived, parts.realm.store
    return store.relist() if store.may_be_stale(arrived) and store.look() else None


def identify(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """Whose signature is it? Reads the body, but for S3's, of which what is to come is left in `rest`."""
    try:
        return _identify(parts, passage)
    except AwsError:
        parts.realm.strangers.take(passage.request.client_ip)
        raise


def _identify(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    request = passage.request
    strict.check_head(request)
    signature = passage.signature = sigv4.read(request)
    if signature is None:
        return later.identify_upload(parts, passage)
    passage.form, passage.service = recognise.form_of(request, signature.service)
    payload = sigv4.payload_of(request, signature)
    if payload is None:
        if passage.kept is None:
            return later.identify(parts, passage, None)
        request.body = bodies.bounded(passage.kept, parts.max_body)
    elif passage.form is not S3:
        return later.identify(parts, passage, payload)
    try:
        caller = passage.caller = caller_at_hand(parts, passage, signature, payload)
    except AwsError:
        if not parts.realm.store.unsettled:
            raise
        caller = None
    if caller is None:
        return later.identify_caller(parts, passage, payload)
    passage.rest = payload
    return None


def understand(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """Which operation is it, and who serves it? Reads the body that says what is needed."""
    signature, request = passage.signature, passage.request
    if signature is None:
        raise InternalFailure
    asked = passage.asked = recognise.recognise(request, signature.service, passage.form)
    if passage.upload is not None:
        asked = passage.asked = recognise.posted(asked)
    upstream = passage.upstream = parts.upstream_of(asked.service)
    if upstream is None:
        raise UnknownOperationException(
            f"No upstream serves {asked.service.name}: start iamd with --upstream {asked.service.name}=URL."
        )
    if parts.realm.throttle is not None and passage.caller is not None:
        caller = passage.caller
        parts.realm.throttle.take_forwarded(caller.account_id, caller.id, asked.service.name, asked.name)
    if passage.rest is not None and asked.name in NEEDS_BODY:
        return later.read_body(parts, passage)
    return None


def find_needs(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """What must be allowed?"""
    asked, caller, signature, upstream = passage.asked, passage.caller, passage.signature, passage.upstream
    if asked is None or caller is None or signature is None or upstream is None:
        raise InternalFailure
    region = signature.region
    if asked.form is not S3 or asked.name in parameters.HANDS_OVER:
        passage.document = parameters.read(asked, passage.request)
    account_id = caller.account_id if upstream.told and asked.form is not S3 else parts.owners.account_id
    inquiry = Inquiry(asked, passage.request, passage.document, region, account_id, parts.asker)
    try:
        found = mapping.needs(inquiry)
    except Cold:
        return later.find_needs(parts, passage, inquiry, None)
    if not isinstance(found, list):
        return later.find_needs(parts, passage, inquiry, found)
    settle(parts, passage, account_id, found)
    return later.require_subresources(parts, passage) if has_subresource(passage) else None


def decide(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """Is all of it allowed? What has to be asked for first is found out later, and then everything is decided anew."""
    who, policies, questions = who_asks(passage), parts.policies, []
    for need in passage.needs:
        told = policies.of(need, who.region) or parts.facts.policy_at_hand(need, who.region)
        if told is None:
            return later.decide(parts, passage)
        questions.append(Question(need, told.value))
    try:
        open_ones = open_questions(parts.realm, parts.facts, who, questions, passage.decided, tolerated(parts, passage))
    except Cold:
        return later.decide(parts, passage)
    except AwsError:
        if not parts.realm.store.unsettled:
            raise
        return later.decide(parts, passage)
    return later.decide(parts, passage) if open_ones else None


def conclude(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """Refuse what policies do not tell; what was decided on must stand before anything follows from it."""
    asked, caller, store = passage.asked, passage.caller, parts.realm.store
    if asked is None or caller is None:
        raise InternalFailure
    if writes_policy(asked):
        check_written(asked, passage.request, passage.document, passage.needs[0].resource)
    blocks = parts.mode == ENFORCE and may_be_blocked(passage, asked, caller)
    return later.conclude(parts, passage, blocks=blocks) if blocks or store.unsettled else None


def compose(parts: Parts, passage: Passage) -> Awaitable[None] | None:
    """What is the upstream sent? The body that is there, or what is still to come."""
    asked, request, rest = passage.asked, passage.request, passage.rest
    if asked is None:
        raise InternalFailure
    headers = heads.passed_headers(request, asked.operation)
    if rest is None:
        digest = sigv4.digest(request.body)
        body = Passed(request.body, len(request.body), digest, bodies.unchunked(headers))
    elif passage.kept is not None and not rest.chunked:
        body = _as_claimed(passage.kept, rest.claimed, headers)
    else:
        return later.compose(parts, passage, headers)
    address(parts, passage, body)
    return None


def _as_claimed(body: bytes, claimed: str, headers: Headers) -> Passed:
    if claimed != UNSIGNED and sigv4.digest(body) != claimed:
        raise SignatureDoesNotMatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
    return Passed(body, len(body), claimed, headers)


LINKS: tuple[Link, ...] = (catch_up, identify, understand, find_needs, decide, conclude, compose)


def begin(parts: Parts, passage: Passage) -> tuple[Awaitable[None], Sequence[Link]] | None:
    """Pass the links. None: that is all; else what a link waits for, and the links behind it."""
    for place, link in enumerate(LINKS):
        waiting = link(parts, passage)
        if waiting is not None:
            return waiting, LINKS[place + 1 :]
    return None
