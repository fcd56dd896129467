"""What came of a request: the upstream's answer or a refusal as the service would word it, and its record."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress

import structlog

from iamd.gateway import heads, recording, refusals
from iamd.gateway.answer import Answer
from iamd.gateway.directory import Form
from iamd.gateway.modes import LOG
from iamd.gateway.outbound import Headers
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.services.unavailable import unavailable
from iamd.store.errors import NoAccount, Refused, StoreError
from iamd.wire.errors import AwsError, InternalFailure, ServiceUnavailable

_log = structlog.get_logger("iamd")


def is_upload(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request is a form with a file, as browsers send them to S3."""
    return any(name == b"content-type" and value.startswith(b"multipart/form-data") for name, value in headers)


def note(passage: Passage, status: int, headers: Headers) -> None:
    """Note for the record what the upstream says."""
    if status >= 400:
        told = b""
        for name, value in headers:
            if name == b"x-amzn-errortype":
                told = value.partition(b":")[0]
                break
        passage.error = told.decode("latin-1") or f"HTTP {status}", ""


def answered(passage: Passage, status: int, headers: Headers, body: bytes | AsyncGenerator[bytes, None]) -> Answer:
    """The upstream's answer for the client."""
    passed = heads.answer_headers(headers, isinstance(body, bytes) and passage.request.method != "HEAD")
    signature = passage.signature
    if signature is None or signature.presigned or signature.policy is not None:  # no page is asked for with a header
        passed = heads.for_browsers(passed)
    return Answer(status, passed, body, "OK" if status < 400 else f"Upstream{status}")


def refused(passage: Passage, error: Exception) -> Answer:
    """What the client is told of what was raised; failures of ours are logged."""
    if isinstance(error, AwsError):
        return _refusal(passage, error)
    if isinstance(error, StoreError | NoAccount):
        if not isinstance(error, Refused):
            _log.error("the store failed", request_id=passage.request_id, exc_info=error)
        return _refusal(passage, unavailable(error))
    _log.error("a request to an upstream failed", request_id=passage.request_id, exc_info=error)
    return _refusal(passage, InternalFailure())


def log_broken(passage: Passage, error: Exception) -> None:
    """Log that the client has got a part of the answer only."""
    _log.error("an answer broke off", request_id=passage.request_id, exc_info=error)


def _refusal(passage: Passage, error: AwsError) -> Answer:
    passage.error = error.code, error.message
    request, signature = passage.request, passage.signature
    form = passage.form
    if form is None and signature is not None:
        form = Form.REST_JSON if request.path != b"/" else Form.JSON
    elif form is None:
        form = Form.S3 if is_upload(request.headers) else Form.QUERY
    is_head = request.method == "HEAD"
    refusal = refusals.of(error, form, passage.service, passage.request_id, head=is_head)
    return Answer(refusal.status, refusal.headers, refusal.body, error.code)


def recorded(parts: Parts, passage: Passage, answer: Answer) -> Answer:
    """The answer when it is recorded: what cannot be is not told. In its place there is a refusal then."""
    try:
        _record(parts, passage)
    except StoreError as error:
        _log.error("a request was not recorded", request_id=passage.request_id, exc_info=error)
        answer = _refusal(passage, ServiceUnavailable())
    if passage.asked is not None:
        answer.service, answer.operation = passage.asked.service.name, passage.asked.operation.name
    return answer


def record_gone(parts: Parts, passage: Passage) -> None:
    """Record, if that can be, a request whose client has left before it was complete."""
    passage.error = "ClientDisconnected", ""
    with suppress(StoreError):
        _record(parts, passage)


def _record(parts: Parts, passage: Passage) -> None:
    """The audit event, and that the credentials were used. Raises StoreError."""
    if passage.tolerated and parts.mode == LOG:
        messages = [refusal.message for refusal in passage.tolerated]
        _log.warning("passed on what policies deny", request_id=passage.request_id, denials=messages)
    recording.record(passage, parts.realm.store, parts.mode)
