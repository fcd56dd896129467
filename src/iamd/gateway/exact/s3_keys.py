"""The condition keys that an S3 request has.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

from typing import Final

from iamd.gateway.mapped import Inquiry
from iamd.gateway.parameters import xml_root, xml_text
from iamd.gateway.strict import once, pairs
from iamd.guard.context import Context, tag_context

_HEADERS: Final[dict[bytes, str]] = {
    name.encode(): f"s3:{name}"
    for name in (
        "x-amz-acl",
        "x-amz-bucket-namespace",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "x-amz-metadata-directive",
        "x-amz-object-annotation-directive",
        "x-amz-object-if-match",
        "x-amz-object-ownership",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    )
} | {
    b"if-match": "s3:if-match",
    b"if-none-match": "s3:if-none-match",
    b"x-amz-object-lock-mode": "s3:object-lock-mode",
    b"x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    b"x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    b"x-amz-object-lock-event-hold": "s3:object-lock-event-hold",
    b"x-amz-object-lock-event-hold-duration-days": "s3:object-lock-event-hold-duration-days",
}
_QUERY: Final[dict[str, str]] = {
    "annotation-prefix": "s3:annotation-prefix",
    "delimiter": "s3:delimiter",
    "max-annotation-results": "s3:max-annotation-results",
    "max-keys": "s3:max-keys",
    "prefix": "s3:prefix",
    "versionId": "s3:versionid",
}
# Whether an upload makes an object, or only a part of one.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
_MAKES: Final[dict[str, str]] = {
    "CompleteMultipartUpload": "true",
    "CopyObject": "true",
    "CreateMultipartUpload": "false",
    "PutObject": "true",
    "UploadPart": "false",
    "UploadPartCopy": "false",
}


_TOLD_BY_BODIES: Final = frozenset(
    {"PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "UpdateObjectEncryption"}
)


def request_context(inquiry: Inquiry) -> Context:
    """What headers and parameters tell."""
    request, place = inquiry.request, inquiry.asked.place
    by = "REST-HEADER"
    if place is not None and place.posted:
        by = "POST"
    elif request.query and request.query.partition(b"X-Amz-Signature=")[1]:
        by = "REST-QUERY-STRING"
    context: Context = {"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authtype": by}
    for header, sent in request.index.items():
        key = _HEADERS.get(header)
        if key is not None:
            context[key] = sent.decode("latin-1")
    if place is not None and place.query:
        for name, value in place.query.items():
            key = _QUERY.get(name)
            if key is not None:
                context[key] = value
    return context


def object_context(inquiry: Inquiry) -> Context:
    """What is told of an object that is written: its tags, its lock."""
    name, request = inquiry.asked.name, inquiry.request
    header, makes = request.header(b"x-amz-tagging"), _MAKES.get(name)
    if header is None and makes is None and name not in _TOLD_BY_BODIES:
        return {}
    tags: dict[str, str] = {}
    if header is not None:
        tags = once(pairs(header.encode("latin-1")))
    elif name == "PutObjectTagging":
        tags = tags_in(request.body)
    context: Context = {f"s3:requestobjecttag/{key.lower()}": value for key, value in tags.items()}
    if makes is not None:
        context["s3:objectcreationoperation"] = makes
    if tags:
        context["s3:requestobjecttagkeys"] = tuple(tags)
    if name == "UpdateObjectEncryption":
        key_arn = xml_text(xml_root(request.body), ".//{*}KMSKeyArn")
        if key_arn:
            context["s3:x-amz-server-side-encryption"] = "aws:kms"
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = key_arn
    if name in ("PutObjectRetention", "PutObjectLegalHold"):
        root = xml_root(request.body)
        for element, key in (
            ("Mode", "s3:object-lock-mode"),
            ("RetainUntilDate", "s3:object-lock-retain-until-date"),
            ("Status", "s3:object-lock-legal-hold"),
        ):
            text = xml_text(root, f"{{*}}{element}")
            if text:
                context[key] = text
    return context


def tags_of(inquiry: Inquiry) -> Context:
    """What is told of a bucket that is made or tagged: its tags, its place."""
    name, body = inquiry.asked.name, inquiry.request.body
    if not body or name not in ("CreateBucket", "PutBucketTagging"):
        return {}
    context = tag_context(tuple(tags_in(body).items()))
    place = xml_text(xml_root(body), "{*}LocationConstraint")
    return {**context, "s3:locationconstraint": place} if place else context


def tags_in(body: bytes) -> dict[str, str]:
    """The tags in S3's XML; raises Ambiguous."""
    entries = xml_root(body).iterfind(".//{*}Tag")
    return once([(xml_text(entry, "{*}Key") or "", xml_text(entry, "{*}Value") or "") for entry in entries])
