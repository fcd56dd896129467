"""Copies in S3: reading the source and its tags, writing the object and its tags.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact.s3 import need, object_arn, put_object
from iamd.gateway.mapped import Inquiry, Mapper, Need
from iamd.gateway.s3_requests import checked_bucket, checked_key
from iamd.gateway.strict import plain
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Ambiguous, NotKnown, NotThere


async def _copy(inquiry: Inquiry) -> list[Need]:
    """Tags go with an object unless the request says otherwise, and need what reading and writing them needs."""
    header = inquiry.request.header
    source = _source(inquiry)
    needs = [source, *put_object(inquiry)]
    reading = source.action.removeprefix("s3:")
    if (header(b"x-amz-tagging-directive") or "COPY").upper() == "COPY" and await _has_tags(inquiry, source):
        needs.append(need(inquiry, f"{reading}Tagging", source.resource, _version(source)))
        if header(b"x-amz-tagging") is None:
            needs.append(need(inquiry, "PutObjectTagging", object_arn(inquiry)))
    if (header(b"x-amz-object-annotation-directive") or "").upper() == "COPY":
        needs.append(need(inquiry, f"{reading}Annotation", source.resource, _version(source)))
        needs.append(need(inquiry, "PutObjectAnnotation", object_arn(inquiry)))
    return needs


def _copy_part(inquiry: Inquiry) -> list[Need]:
    return [
        _source(inquiry),
        need(inquiry, "PutObject", object_arn(inquiry), {"s3:objectcreationoperation": "false"}),
    ]


async def _has_tags(inquiry: Inquiry, source: Need) -> bool:
    """Whether the source has tags, where its server knows of such; raises what the lookup raises."""
    bucket, _, key = source.resource.split(":", 5)[5].partition("/")
    asked = {"Bucket": bucket, "Key": key}
    version = source.context.get("s3:versionid")
    if isinstance(version, str):
        asked["VersionId"] = version
    try:
        return bool((await inquiry.lookup("GetObjectTagging", asked, None)).get("TagSet"))
    except (NotThere, NotKnown):
        return False


def _version(source: Need) -> Context:
    return {key: source.context[key] for key in ("s3:versionid",) if key in source.context}


def _source(inquiry: Inquiry) -> Need:
    """Reading what is copied; raises Ambiguous for a source that upstreams read differently."""
    source = (inquiry.request.header(b"x-amz-copy-source") or "").removeprefix("/")
    if not source.isascii():
        raise Ambiguous("x-amz-copy-source must be plain ASCII: percent-encode other characters.")
    path, _, query = source.partition("?")
    bucket, _, key = plain(path).partition("/")
    if (
        bucket.startswith("arn:")
        or not bucket
        or not key
        or (query and not query.startswith("versionId="))
        or "&" in query
    ):
        raise Ambiguous("x-amz-copy-source must be BUCKET/KEY, with ?versionId=VERSION at most.")
    arn = f"arn:{PARTITION}:s3:::{checked_bucket(bucket)}/{checked_key(key)}"
    if not query:
        return need(inquiry, "GetObject", arn)
    keys: Context = {"s3:versionid": plain(query.removeprefix("versionId="))}
    return need(inquiry, "GetObjectVersion", arn, keys)


MAPPERS: Mapping[str, Mapper] = {"CopyObject": _copy, "UploadPartCopy": _copy_part}
