"""AWS Signature Version 4 over the raw request: `read` what it claims, then `verify` that the claim holds.

Between the two, the caller looks up the secret of `Signature.access_key_id`. Bearer tokens are none of this module's
concern: whoever accepts them looks for them first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from iamd.caller import authorization, presigned
from iamd.caller.canonical import S3_SERVICES, canonical_request
from iamd.caller.claim import Signature
from iamd.caller.payload import UNSIGNED, Payload
from iamd.caller.signature import ALGORITHM, TERMINATOR, format_timestamp
from iamd.wire.errors import IncompleteSignature, RequestExpired, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest
from iamd.wire.s3_errors import MissingSecurityHeader

__all__ = ["Payload", "Signature", "digest", "payload_of", "read", "sign", "verify"]

# Elsewhere AWS hashes the body whatever the header says, so that a signature never stands for another body.
_MAY_LEAVE_PAYLOAD_UNSIGNED: Final = S3_SERVICES | {"ebs", "lex", "mediastore", "omics", "vpc-lattice-svcs"}

_SKEW: Final = timedelta(minutes=5)
_SKEW_S3: Final = timedelta(minutes=15)
_same: Final = hmac.compare_digest


def read(request: HttpRequest) -> Signature | None:
    """The signature that a request carries in its Authorization header or its query; None when it carries none.

    Raises IncompleteSignature when it is malformed, incomplete, doubled or of another algorithm, and
    SignatureDoesNotMatch when its scope is wrong or headers that must be signed are not. Reads no body.
    """
    header = request.header(b"authorization")
    query = presigned.fields(request.query) if request.query else {}
    if header is not None and query:
        raise IncompleteSignature(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified"
        )
    if header is not None:
        return authorization.read(request, header)
    if query:
        return presigned.read(request, query)
    if b"AWSAccessKeyId=" in request.query:  # Signature Version 2
        raise IncompleteSignature(
            f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
        )
    return None


def verify(
    request: HttpRequest, signature: Signature, secret: str, now: datetime, payload: Payload | None = None
) -> None:
    """Return when `secret` made the signature of this very request and it is valid at `now` (aware).

    With a `payload`, the body is still to come: what the request says about it is taken, and `payload` verifies it.

    Raises SignatureDoesNotMatch when it is too old, too early, or not that of this request (AWS's sentence alone: the
    canonical request, which some services append, would echo session tokens), RequestExpired when a presigned
    request has outlived its `X-Amz-Expires`.
    """
    _require_current(signature, now)
    string_to_sign = signature.policy
    if string_to_sign is None:
        canonical = canonical_request(
            request,
            signature.service,
            signature.signed_headers,
            _payload_hash(request, signature) if payload is None else payload.claimed,
            presigned=signature.presigned,
        )
        string_to_sign = f"{ALGORITHM}\n{signature.stamp}\n{signature.scope}\n{digest(canonical)}".encode()
    signer = _signer(secret, signature.scope)
    if not _same(signer.sign(string_to_sign).encode(), signature.signature.encode()):
        raise SignatureDoesNotMatch
    if payload is not None and payload.chunked:
        payload.signed(signer.sign, signature.stamp, signature.scope, signature.signature)


def sign(request: HttpRequest, names: Sequence[bytes], secret: str, scope: Scope, stamp: str, payload_hash: str) -> str:
    """The signature of a request over those headers, by a key of that scope."""
    canonical = digest(canonical_request(request, scope[2], names, payload_hash))
    whole = f"{'/'.join(scope)}/{TERMINATOR}"
    return _signer(secret, whole).sign(f"{ALGORITHM}\n{stamp}\n{whole}\n{canonical}".encode())


_NOTHING: Final = hashlib.sha256()
_OF_NOTHING: Final = _NOTHING.hexdigest()


def digest(data: bytes) -> str:
    """SHA-256 of it. (A copy of a hash costs a third of a new one, for which OpenSSL looks the algorithm up.)"""
    if not data:
        return _OF_NOTHING
    hashed = _NOTHING.copy()
    hashed.update(data)
    return hashed.hexdigest()


Scope = tuple[str, str, str]
"""Date, region and service of a credential."""


class _Signer:
    """HMAC by a signing key: its two hashes (RFC 2104) with the key digested, to be copied for each request, which takes
    half of what keying an HMAC anew does."""

    def __init__(self, secret: str, scope: str) -> None:
        key = ("AWS4" + secret).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        block = key.ljust(64, b"\0")
        self._inner: Final = hashlib.sha256(block.translate(_INNER))
        self._outer: Final = hashlib.sha256(block.translate(_OUTER))

    def sign(self, text: bytes) -> str:
        """The signature of a text, as hexadecimal digits."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        signature: str = outer.hexdigest()
        return signature


_INNER: Final = bytes(x ^ 0x36 for x in range(256))
_OUTER: Final = bytes(x ^ 0x5C for x in range(256))


# By the secret itself, not its key id: a key of a changed secret must not live on.
def _signer(secret: str, scope: str) -> _Signer:
    known = _signers.get((secret, scope))
    if known is None:
        if len(_signers) >= _MAX_SIGNERS:
            _signers.clear()
        known = _signers[secret, scope] = _Signer(secret, scope)
    return known


_signers: Final[dict[tuple[str, str], _Signer]] = {}
_MAX_SIGNERS: Final = 4096


def _payload_hash(request: HttpRequest, signature: Signature) -> str:
    """The last line of the canonical request; a claim that is not true of the body is refused."""
    claimed = signature.content_sha256
    if signature.service in _MAY_LEAVE_PAYLOAD_UNSIGNED:
        if claimed == UNSIGNED:
            return UNSIGNED
        if claimed is None and signature.presigned and signature.service in S3_SERVICES:
            return UNSIGNED
    actual = digest(request.body)
    if claimed is not None and claimed != actual:
        raise SignatureDoesNotMatch
    return actual


def payload_of(request: HttpRequest, signature: Signature) -> Payload | None:
    """What an S3 request says about a body that is still to come; None of other services, which hash the body. Raises
    MissingSecurityHeader, SignatureDoesNotMatch and InvalidRequest."""
    if signature.service not in S3_SERVICES:
        return None
    claimed = signature.content_sha256
    if claimed is None and not signature.presigned:
        raise MissingSecurityHeader("x-amz-content-sha256")
    payload = Payload(claimed or UNSIGNED)
    if payload.has_trailers:
        announced = request.header(b"x-amz-trailer")
        if announced is not None:
            payload.announce(announced)
    return payload


def _require_current(signature: Signature, now: datetime) -> None:
    timestamp, is_s3 = signature.timestamp, signature.service in S3_SERVICES
    # What was current stays so at the same moments, which all requests of a second share.
    if now is _lately.now and timestamp is _lately.timestamp and is_s3 == _lately.is_s3 and signature.expires is None:
        return
    skew = _SKEW_S3 if is_s3 else _SKEW
    minutes = skew.seconds // 60
    age = now - timestamp
    if age < -skew:
        raise SignatureDoesNotMatch(
            f"Signature not yet current: {signature.stamp} is still later than {format_timestamp(now + skew)} "
            f"({format_timestamp(now)} + {minutes} min.)"
        )
    if signature.expires is not None:
        if age > timedelta(seconds=signature.expires):
            raise RequestExpired
    elif age > skew:
        raise SignatureDoesNotMatch(
            f"Signature expired: {signature.stamp} is now earlier than {format_timestamp(now - skew)} "
            f"({format_timestamp(now)} - {minutes} min.)"
        )
    else:
        _lately.now, _lately.timestamp, _lately.is_s3 = now, timestamp, is_s3


class _Current:
    """The moments that were found near enough to each other last."""

    def __init__(self) -> None:
        self.now: datetime | None = None
        self.timestamp: datetime | None = None
        self.is_s3 = False


_lately: Final = _Current()
