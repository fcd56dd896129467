"""Objects that are not there: S3 says so to those who may list the bucket. To others it is as though they may not read it.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and API_HeadObject.html
"""

from __future__ import annotations

import re

from iamd.gateway.connections import Reply
from iamd.gateway.exact.s3 import listing
from iamd.gateway.judge import judge
from iamd.gateway.mapped import Inquiry
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.steps import tolerated, who_asks
from iamd.wire.errors import AccessDenied, InternalFailure, ServiceUnavailable
from iamd.wire.gateway_errors import BadGateway, NotKnown, NotThere

_LONGEST = 64 << 10  # bytes of an error
_CODE = re.compile(rb"<Code>\s*([^<\s]+)").search
# What is missing when it is not the object. Any other answer is taken to tell of that, above all one without body, to HEAD.
_OTHERS = frozenset({b"NoSuchBucket", b"NoSuchObjectLockConfiguration", b"NoSuchTagSet", b"NoSuchUpload"})


async def told_of_missing(parts: Parts, passage: Passage, reply: Reply) -> bytes:
    """The body of an upstream's answer that there is no such object, for who may list the bucket. Raises AccessDenied for
    anybody else."""
    body = await reply.read(_LONGEST)
    if len(body) >= _LONGEST:
        raise BadGateway("The upstream of this service answers with an error that is too long.")
    code, decided = _CODE(body), len(passage.decided)
    if code is not None and code[1] in _OTHERS:
        return body
    try:
        await _require_listing(parts, passage)
    except AccessDenied:
        if code is not None or await _has_bucket(parts, passage):
            raise
        del passage.decided[decided:]  # of what is not there nothing was asked
    return body


async def _has_bucket(parts: Parts, passage: Passage) -> bool:
    """Whether the upstream has the bucket, which an answer to HEAD does not tell: that there is none S3 tells everybody."""
    asked, signature = passage.asked, passage.signature
    if asked is None or asked.place is None or signature is None:
        raise InternalFailure
    account_id, bucket = parts.owners.account_id, {"Bucket": asked.place.bucket}
    try:
        await parts.asker.lookup("s3", signature.region, account_id, "HeadBucket", bucket, None)
    except NotThere:
        return False
    except (NotKnown, ServiceUnavailable):
        return True
    return True


async def _require_listing(parts: Parts, passage: Passage) -> None:
    """Decide on the list as on any need of the request; the record has it among them. Block Public Access, which is
    against callers and not actions, has let the request pass before."""
    asked, signature, upstream = passage.asked, passage.signature, passage.upstream
    if asked is None or signature is None or upstream is None:
        raise InternalFailure
    region, account_id, store = signature.region, parts.owners.account_id, parts.realm.store
    inquiry = Inquiry(asked, passage.request, passage.document, region, account_id, parts.asker)
    need = parts.owners.settle(listing(inquiry), region, account_id, keeps_accounts=bool(upstream.told))
    await judge(parts.realm, parts.facts, who_asks(passage), [need], passage.decided, tolerated(parts, passage))
    if store.unsettled:
        await store.settled()
