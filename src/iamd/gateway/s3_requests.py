"""S3 requests: which bucket, which key, which operation.

The model's templates do not tell S3's operations apart (many differ by a parameter or header only), so they are a table.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
"""

from __future__ import annotations

import re
from typing import Final

from iamd.gateway.asked import Place
from iamd.gateway.strict import SIGNING_PARAMETERS, once, pairs, plain
from iamd.wire.errors import UnknownOperationException
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest

_IS_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}").fullmatch
# Aliases of access points and the like, which no bucket's name may end with.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_STAND_FOR_OTHERS: Final = ("-s3alias", "--ol-s3", "--table-s3", "--x-s3", ".mrap")
CONTROL: Final = "v20180820"
"""What the paths of S3 Control begin with."""
_VIRTUAL: Final = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\."
    r"(?:s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?|s3\.localhost\.localstack\.cloud|localhost)(?::\d+)?"
).fullmatch


def place(request: HttpRequest) -> Place:
    """Where the request goes; raises Ambiguous for what upstreams read differently."""
    raw = request.path.decode("ascii")
    virtual = virtual_bucket(request)
    query: dict[str, str] = {}
    if request.query:
        query = once([pair for pair in pairs(request.query) if pair[0] not in SIGNING_PARAMETERS])
    if virtual:
        return Place(checked_bucket(virtual), _key(raw[1:]), query, virtual=True)
    bucket, _, key = raw[1:].partition("/")
    if not bucket:
        if key:
            raise Ambiguous("The path must not begin with two slashes.")
        return Place(None, None, query)
    return Place(checked_bucket(bucket), _key(key), query)


_KEPT: Final = 1024


def virtual_bucket(request: HttpRequest) -> str:
    """The bucket in the name of the host, or nothing."""
    host = request.index.get(b"host", b"")
    known = _virtual.get(host)
    if known is None:
        found = _VIRTUAL(host.decode("latin-1").lower())
        if len(_virtual) >= _KEPT:
            _virtual.clear()
        known = _virtual[host] = "" if found is None else found["bucket"]
    return known


_virtual: Final[dict[bytes, str]] = {}


def checked_bucket(text: str) -> str:
    """The bucket's name; raises Ambiguous for what is none."""
    if text not in _valid:
        if not _IS_BUCKET(text) or ".." in text:
            raise Ambiguous("The bucket's name is not valid.")
        if text == CONTROL:
            raise Ambiguous(f"The bucket {CONTROL} is not passed on: upstreams take its paths for those of S3 Control.")
        if text.lower().endswith(_STAND_FOR_OTHERS):
            raise Ambiguous("Names that stand for buckets or are of other kinds of buckets are not passed on.")
        if len(_valid) >= _KEPT:
            _valid.clear()
        _valid.add(text)
    return text


_valid: Final[set[str]] = set()  # names of buckets that were found to be some


def _key(raw: str) -> str | None:
    """The key, decoded. Its segments must not be empty or dots: S3 takes them as they are, other servers resolve them."""
    slashed = "/" + raw
    if "%" in raw or "\\" in raw or "\0" in raw or "//" in slashed or "/." in slashed:  # to be looked at more closely
        raw = plain(raw)
        return checked_key(raw) if raw else None
    return raw or None


def checked_key(key: str) -> str:
    """The key; raises Ambiguous when it has segments that some servers resolve."""
    segments = key.split("/")
    if "" in segments[:-1] or "." in segments or ".." in segments or "\\" in key:
        raise Ambiguous("Keys with empty or dot segments or backslashes are not passed on: upstreams resolve them.")
    return key


# Parameters that choose an operation, and those that only say more about it.
_SUBRESOURCES: Final = frozenset(
    [
        "abac",
        "accelerate",
        "acl",
        "analytics",
        "annotation",
        "attributes",
        "cors",
        "delete",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "session",
        "tagging",
        "torrent",
        "uploads",
        "versioning",
        "versions",
        "website",
    ]
)
_PARAMETERS: Final = frozenset(
    [
        "allow-unordered",
        "annotation-prefix",
        "annotationName",
        "bucket-region",
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "id",
        "key-marker",
        "list-type",
        "marker",
        "max-annotation-results",
        "max-buckets",
        "max-keys",
        "max-parts",
        "max-uploads",
        "part-number-marker",
        "partNumber",
        "prefix",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "select-type",
        "start-after",
        "upload-id-marker",
        "uploadId",
        "version-id-marker",
        "versionId",
        "x-id",
        "x-amz-checksum-mode",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-user-agent",
    ]
)

# What small servers of S3 know, that take any other subresource for the object or bucket itself.
_WIDELY_KNOWN: Final = frozenset({"delete", "location", "uploads", "versioning", "versions"})


def is_plain(place: Place) -> bool:
    """Whether the request asks for nothing but the bucket or object itself, or for what every server knows."""
    return not place.query or (place.query.keys() & _SUBRESOURCES) <= _WIDELY_KNOWN


_BUCKET: Final = {
    ("GET", ""): "ListObjects",
    ("GET", "versions"): "ListObjectVersions",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "session"): "CreateSession",
    ("HEAD", ""): "HeadBucket",
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("POST", "delete"): "DeleteObjects",
    ("GET", "acl"): "GetBucketAcl",
    ("PUT", "acl"): "PutBucketAcl",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "policyStatus"): "GetBucketPolicyStatus",
    ("GET", "notification"): "GetBucketNotificationConfiguration",
    ("PUT", "notification"): "PutBucketNotificationConfiguration",
    ("GET", "object-lock"): "GetObjectLockConfiguration",
    ("PUT", "object-lock"): "PutObjectLockConfiguration",
    ("GET", "publicAccessBlock"): "GetPublicAccessBlock",
    ("PUT", "publicAccessBlock"): "PutPublicAccessBlock",
    ("DELETE", "publicAccessBlock"): "DeletePublicAccessBlock",
    ("GET", "accelerate"): "GetBucketAccelerateConfiguration",
    ("PUT", "accelerate"): "PutBucketAccelerateConfiguration",
    ("GET", "lifecycle"): "GetBucketLifecycleConfiguration",
    ("PUT", "lifecycle"): "PutBucketLifecycleConfiguration",
    ("DELETE", "lifecycle"): "DeleteBucketLifecycle",
    ("GET", "abac"): "GetBucketAbac",
    ("PUT", "abac"): "PutBucketAbac",
    ("POST", "metadataConfiguration"): "CreateBucketMetadataConfiguration",
    ("GET", "metadataConfiguration"): "GetBucketMetadataConfiguration",
    ("DELETE", "metadataConfiguration"): "DeleteBucketMetadataConfiguration",
    ("POST", "metadataTable"): "CreateBucketMetadataTableConfiguration",
    ("GET", "metadataTable"): "GetBucketMetadataTableConfiguration",
    ("DELETE", "metadataTable"): "DeleteBucketMetadataTableConfiguration",
    ("PUT", "metadataAnnotationTable"): "UpdateBucketMetadataAnnotationTableConfiguration",
    ("PUT", "metadataInventoryTable"): "UpdateBucketMetadataInventoryTableConfiguration",
    ("PUT", "metadataJournalTable"): "UpdateBucketMetadataJournalTableConfiguration",
}
for _noun, _word, _verbs in (
    ("cors", "Cors", "GET PUT DELETE"),
    ("encryption", "Encryption", "GET PUT DELETE"),
    ("logging", "Logging", "GET PUT"),
    ("ownershipControls", "OwnershipControls", "GET PUT DELETE"),
    ("policy", "Policy", "GET PUT DELETE"),
    ("replication", "Replication", "GET PUT DELETE"),
    ("requestPayment", "RequestPayment", "GET PUT"),
    ("tagging", "Tagging", "GET PUT DELETE"),
    ("versioning", "Versioning", "GET PUT"),
    ("website", "Website", "GET PUT DELETE"),
):
    _BUCKET.update({(verb, _noun): f"{verb.title()}Bucket{_word}" for verb in _verbs.split()})
_LISTED: Final = {
    "analytics": "Analytics",
    "intelligent-tiering": "IntelligentTiering",
    "inventory": "Inventory",
    "metrics": "Metrics",
}
for _noun, _word in _LISTED.items():
    _BUCKET.update({(verb, _noun): f"{verb.title()}Bucket{_word}Configuration" for verb in ("GET", "PUT", "DELETE")})

_OBJECT: Final = {
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
    ("GET", "acl"): "GetObjectAcl",
    ("PUT", "acl"): "PutObjectAcl",
    ("GET", "annotation"): "GetObjectAnnotation",
    ("PUT", "annotation"): "PutObjectAnnotation",
    ("DELETE", "annotation"): "DeleteObjectAnnotation",
    ("GET", "attributes"): "GetObjectAttributes",
    ("GET", "legal-hold"): "GetObjectLegalHold",
    ("PUT", "legal-hold"): "PutObjectLegalHold",
    ("GET", "retention"): "GetObjectRetention",
    ("PUT", "retention"): "PutObjectRetention",
    ("GET", "tagging"): "GetObjectTagging",
    ("PUT", "tagging"): "PutObjectTagging",
    ("DELETE", "tagging"): "DeleteObjectTagging",
    ("GET", "torrent"): "GetObjectTorrent",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "restore"): "RestoreObject",
    ("POST", "select"): "SelectObjectContent",
    ("PUT", "renameObject"): "RenameObject",
    ("PUT", "encryption"): "UpdateObjectEncryption",
}
_OF_UPLOAD: Final = {
    "GET": "ListParts",
    "PUT": "UploadPart",
    "POST": "CompleteMultipartUpload",
    "DELETE": "AbortMultipartUpload",
}


def operation(request: HttpRequest, place: Place) -> str:
    """The operation's name. Raises Ambiguous for two subresources, UnknownOperationException for what S3 has not."""
    name = _name(request, place, _subresource(place.query) if place.query else "")
    if name is None:
        raise UnknownOperationException(f"S3 has no {request.method} of that kind.")
    return name


def _subresource(query: dict[str, str]) -> str:
    unknown = query.keys() - _SUBRESOURCES - _PARAMETERS
    if unknown:
        raise UnknownOperationException(f"S3 has no parameter `{min(unknown)[:64]}`.")
    chosen = sorted(query.keys() & _SUBRESOURCES)
    if len(chosen) > 1:
        raise Ambiguous(f"{' and '.join(chosen)} exclude each other.")
    return chosen[0] if chosen else ""


def _name(request: HttpRequest, place: Place, word: str) -> str | None:
    if place.bucket is None:
        return "ListBuckets" if request.method == "GET" and not word else None
    if place.key is None:
        if request.method == "GET" and word in _LISTED and "id" not in place.query:
            return f"ListBucket{_LISTED[word]}Configurations"
        if (request.method, word) == ("GET", "") and "list-type" in place.query:
            return "ListObjectsV2" if place.query["list-type"] == "2" else None
        return _BUCKET.get((request.method, word))
    copies = b"x-amz-copy-source" in request.index
    if "uploadId" in place.query:
        name = _OF_UPLOAD.get(request.method) if not word else None
        if name == "UploadPart" and "partNumber" not in place.query:
            return None
        return "UploadPartCopy" if copies and name == "UploadPart" else name
    if copies:
        return "CopyObject" if (request.method, word) == ("PUT", "") else None
    if (request.method, word) == ("GET", "annotation") and "annotationName" not in place.query:
        return "ListObjectAnnotations"
    return _OBJECT.get((request.method, word))
