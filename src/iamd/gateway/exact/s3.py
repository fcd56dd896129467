"""S3, by the page "Required permissions for Amazon S3 API operations".

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact.s3_keys import object_context, request_context, tags_of
from iamd.gateway.mapped import Inquiry, Mapper, Need
from iamd.gateway.parameters import xml_root
from iamd.gateway.s3_requests import checked_key
from iamd.gateway.strict import plain
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Ambiguous, Unmapped

_TELLS = ("s3:",)

_BUCKET = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "DeleteBucket": "DeleteBucket",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLogging": "GetBucketLogging",
    "PutBucketLogging": "PutBucketLogging",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetBucketPolicy": "GetBucketPolicy",
    "PutBucketPolicy": "PutBucketPolicy",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketRequestPayment": "GetBucketRequestPayment",
    "PutBucketRequestPayment": "PutBucketRequestPayment",
    "GetBucketTagging": "GetBucketTagging",
    "PutBucketTagging": "PutBucketTagging",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "PutBucketVersioning": "PutBucketVersioning",
    "GetBucketWebsite": "GetBucketWebsite",
    "PutBucketWebsite": "PutBucketWebsite",
    "DeleteBucketWebsite": "DeleteBucketWebsite",
    "GetBucketAcl": "GetBucketAcl",
    "PutBucketAcl": "PutBucketAcl",
}
for _noun, _action in (
    ("Analytics", "AnalyticsConfiguration"),
    ("IntelligentTiering", "IntelligentTieringConfiguration"),
    ("Inventory", "InventoryConfiguration"),
    ("Metrics", "MetricsConfiguration"),
):
    _BUCKET[f"GetBucket{_noun}Configuration"] = _BUCKET[f"ListBucket{_noun}Configurations"] = f"Get{_action}"
    _BUCKET[f"PutBucket{_noun}Configuration"] = _BUCKET[f"DeleteBucket{_noun}Configuration"] = f"Put{_action}"

# The action without and with a version.
_OBJECT = {
    "GetObject": ("GetObject", "GetObjectVersion"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "SelectObjectContent": ("GetObject", "GetObject"),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObjectLegalHold": ("GetObjectLegalHold", "GetObjectLegalHold"),
    "PutObjectLegalHold": ("PutObjectLegalHold", "PutObjectLegalHold"),
    "GetObjectRetention": ("GetObjectRetention", "GetObjectRetention"),
    "PutObjectRetention": ("PutObjectRetention", "PutObjectRetention"),
    "GetObjectTorrent": ("GetObjectTorrent", "GetObjectVersionTorrent"),
    "RestoreObject": ("RestoreObject", "RestoreObject"),
    "ListParts": ("ListMultipartUploadParts", "ListMultipartUploadParts"),
    "AbortMultipartUpload": ("AbortMultipartUpload", "AbortMultipartUpload"),
    "CompleteMultipartUpload": ("PutObject", "PutObject"),
    "UploadPart": ("PutObject", "PutObject"),
}

NEEDS_BODY = frozenset(
    {
        "CreateBucket",
        "DeleteObjects",
        "PutBucketAcl",
        "PutBucketPolicy",
        "PutBucketReplication",
        "PutBucketTagging",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
    }
)
"""Operations whose bodies say what they need."""


def _bucket_arn(inquiry: Inquiry) -> str:
    place = inquiry.asked.place
    return f"arn:{PARTITION}:s3:::{place.bucket if place else ''}"


def _object_arn(inquiry: Inquiry) -> str:
    place = inquiry.asked.place
    return f"arn:{PARTITION}:s3:::{place.bucket}/{place.key}" if place else ""


def _need(inquiry: Inquiry, action: str, resource: str, **keys: str | tuple[str, ...]) -> Need:
    return Need(f"s3:{action}", resource, {**request_context(inquiry), **keys}, _TELLS)


def _of_bucket(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.operation.name
    return [_need(inquiry, _BUCKET[name], _bucket_arn(inquiry), **tags_of(inquiry))]


def _list_buckets(inquiry: Inquiry) -> list[Need]:
    return [_need(inquiry, "ListAllMyBuckets", "*")]


def _create_bucket(inquiry: Inquiry) -> list[Need]:
    header, arn = inquiry.request.header, _bucket_arn(inquiry)
    actions = ["CreateBucket"]
    if _has_acl(inquiry):
        actions.append("PutBucketAcl")
    if header(b"x-amz-object-ownership") is not None:
        actions.append("PutBucketOwnershipControls")
    if header(b"x-amz-bucket-object-lock-enabled") is not None:
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    return [_need(inquiry, action, arn, **tags_of(inquiry)) for action in actions]


def _of_object(inquiry: Inquiry) -> list[Need]:
    plain_action, of_version = _OBJECT[inquiry.asked.operation.name]
    place = inquiry.asked.place
    action = of_version if place and "versionId" in place.query else plain_action
    arn = _object_arn(inquiry)
    needs = [_need(inquiry, action, arn, **object_context(inquiry))]
    if inquiry.request.header(b"x-amz-bypass-governance-retention") is not None:
        needs.append(_need(inquiry, "BypassGovernanceRetention", arn, **object_context(inquiry)))
    return needs


def _attributes(inquiry: Inquiry) -> list[Need]:
    place = inquiry.asked.place
    version = "Version" if place and "versionId" in place.query else ""
    actions = (f"GetObject{version}", f"GetObject{version}Attributes")
    return [_need(inquiry, action, _object_arn(inquiry)) for action in actions]


def _put_object(inquiry: Inquiry) -> list[Need]:
    """An object that is written, with what its headers set besides."""
    header = inquiry.request.header
    actions = ["PutObject"]
    if _has_acl(inquiry):
        actions.append("PutObjectAcl")
    if header(b"x-amz-tagging") is not None:
        actions.append("PutObjectTagging")
    if header(b"x-amz-object-lock-mode") is not None or header(b"x-amz-object-lock-retain-until-date") is not None:
        actions.append("PutObjectRetention")
    if header(b"x-amz-object-lock-legal-hold") is not None:
        actions.append("PutObjectLegalHold")
    context = object_context(inquiry)
    return [_need(inquiry, action, _object_arn(inquiry), **context) for action in actions]


def _copy_object(inquiry: Inquiry) -> list[Need]:
    """Reading the source, its tags too where they are asked to be copied, and writing the object."""
    source = _source(inquiry)
    needs = [source, *_put_object(inquiry)]
    if (inquiry.request.header(b"x-amz-tagging-directive") or "").upper() == "COPY":
        tagging = source.action.removeprefix("s3:") + "Tagging"
        needs.append(_need(inquiry, tagging, source.resource))
    return needs


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
    arn = f"arn:{PARTITION}:s3:::{bucket}/{checked_key(key)}"
    if not query:
        return _need(inquiry, "GetObject", arn)
    keys = {"s3:versionid": plain(query.removeprefix("versionId="))}
    return _need(inquiry, "GetObjectVersion", arn, **keys)


def _delete_objects(inquiry: Inquiry) -> list[Need]:
    """Every object of the list must be allowed, or none is deleted."""
    needs = []
    bypass = inquiry.request.header(b"x-amz-bypass-governance-retention") is not None
    for entry in xml_root(inquiry.request.body).iterfind("{*}Object"):
        keys = entry.findall("{*}Key")
        versions = entry.findall("{*}VersionId")
        if len(keys) != 1 or len(versions) > 1 or not keys[0].text:
            raise Ambiguous("An object to be deleted has one Key, and one VersionId at most.")
        arn = f"{_bucket_arn(inquiry)}/{checked_key(keys[0].text)}"
        version = versions[0].text if versions else None
        if version:
            needs.append(_need(inquiry, "DeleteObjectVersion", arn, **{"s3:versionid": version}))
        else:
            needs.append(_need(inquiry, "DeleteObject", arn))
        if bypass:
            needs.append(_need(inquiry, "BypassGovernanceRetention", arn))
    if not needs or len(needs) > 2000:
        raise Unmapped("DeleteObjects names from 1 to 1000 objects.")
    return needs


def _has_acl(inquiry: Inquiry) -> bool:
    header = inquiry.request.header
    return header(b"x-amz-acl") is not None or any(name.startswith(b"x-amz-grant-") for name in inquiry.request.index)


MAPPERS: Mapping[str, Mapper] = {
    **dict.fromkeys(_BUCKET, _of_bucket),
    **dict.fromkeys(_OBJECT, _of_object),
    "ListBuckets": _list_buckets,
    "CreateBucket": _create_bucket,
    "GetObjectAttributes": _attributes,
    "PutObject": _put_object,
    "CreateMultipartUpload": _put_object,
    "CopyObject": _copy_object,
    "UploadPartCopy": _copy_object,
    "DeleteObjects": _delete_objects,
}
