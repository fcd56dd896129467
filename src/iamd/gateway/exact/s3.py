"""S3, by the page "Required permissions for Amazon S3 API operations".

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from iamd.gateway.exact.s3_keys import object_context, request_context, tags_of
from iamd.gateway.mapped import Inquiry, Mapper, Need
from iamd.gateway.parameters import xml_root
from iamd.gateway.s3_requests import checked_key
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Ambiguous, Unmapped

_ARN: Final = f"arn:{PARTITION}:s3:::"
_TELLS: Final = (
    "s3:accessgrant",
    "s3:accesspoint",
    "s3:annotation-prefix",
    "s3:authtype",
    "s3:dataaccesspoint",
    "s3:delimiter",
    "s3:if-",
    "s3:locationconstraint",
    "s3:max-",
    "s3:object-lock-event-hold",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-retain-until-date",
    "s3:objectcreationoperation",
    "s3:prefix",
    "s3:requestobjecttag",
    "s3:signatureversion",
    "s3:versionid",
    "s3:x-amz-",
)
_TELLS_PLAIN: Final = (*_TELLS, "s3:tlsversion")  # which AWS has for TLS only; what its version is nobody says here
_OF_LISTS: Final = ("s3:delimiter", "s3:max-keys", "s3:prefix")

_BUCKET: Final = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "DeleteBucket": "DeleteBucket",
    "GetBucketAbac": "GetBucketAbac",
    "PutBucketAbac": "PutBucketAbac",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketNotification": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketNotification": "PutBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
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
_OBJECT: Final = {
    "GetObject": ("GetObject", "GetObjectVersion"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "SelectObjectContent": ("GetObject", "GetObject"),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObjectAnnotation": ("GetObjectAnnotation", "GetObjectVersionAnnotation"),
    "PutObjectAnnotation": ("PutObjectAnnotation", "PutObjectVersionAnnotation"),
    "DeleteObjectAnnotation": ("DeleteObjectAnnotation", "DeleteObjectVersionAnnotation"),
    "ListObjectAnnotations": ("ListObjectAnnotations", "ListObjectVersionAnnotations"),
    "UpdateObjectEncryption": ("UpdateObjectEncryption", "UpdateObjectEncryption"),
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

NEEDS_BODY: Final = frozenset(
    {
        "CreateBucket",
        "CreateBucketMetadataConfiguration",
        "CreateBucketMetadataTableConfiguration",
        "DeleteObjects",
        "PutBucketAcl",
        "PutBucketPolicy",
        "PutBucketReplication",
        "PutBucketTagging",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectRetention",
        "PutObjectTagging",
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "UpdateObjectEncryption",
    }
)
"""Operations whose bodies say what they need."""


def bucket_arn(inquiry: Inquiry) -> str:
    """The ARN of the bucket that a request is for."""
    place = inquiry.asked.place
    return f"{_ARN}{place.bucket if place else ''}"


def object_arn(inquiry: Inquiry) -> str:
    """The ARN of the object that a request is for."""
    place = inquiry.asked.place
    return f"{_ARN}{place.bucket}/{place.key}" if place else ""


def need(inquiry: Inquiry, action: str, resource: str, keys: Context | None = None) -> Need:
    """An action of S3 with the condition keys of the request, and those."""
    context = request_context(inquiry)
    if keys:
        context.update(keys)
    return Need("s3:" + action, resource, context, _TELLS if inquiry.request.secure else _TELLS_PLAIN)


def listing(inquiry: Inquiry) -> Need:
    """What it needs to learn that an object is not there: to list its bucket, by a request that says nothing of a list,
    whatever its parameters are."""
    found = need(inquiry, "ListBucket", bucket_arn(inquiry))
    for key in _OF_LISTS:
        found.context.pop(key, None)
    return found


def _of_bucket(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.name
    return [need(inquiry, _BUCKET[name], bucket_arn(inquiry), tags_of(inquiry))]


def _list_buckets(inquiry: Inquiry) -> list[Need]:
    return [need(inquiry, "ListAllMyBuckets", "*")]


def _create_bucket(inquiry: Inquiry) -> list[Need]:
    header, arn, told = inquiry.request.header, bucket_arn(inquiry), tags_of(inquiry)
    actions = ["CreateBucket"]
    if header(b"x-amz-acl") not in (None, "private") or _grants(inquiry):
        actions.append("PutBucketAcl")
    if header(b"x-amz-object-ownership") is not None:
        actions.append("PutBucketOwnershipControls")
    if (header(b"x-amz-bucket-object-lock-enabled") or "false").lower() != "false":
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    if "aws:tagkeys" in told:
        actions.append("TagResource")
    return [need(inquiry, action, arn, told) for action in actions]


def _of_object(inquiry: Inquiry) -> list[Need]:
    plain_action, of_version = _OBJECT[inquiry.asked.name]
    place = inquiry.asked.place
    action = of_version if place and "versionId" in place.query else plain_action
    arn = object_arn(inquiry)
    needs = [need(inquiry, action, arn, object_context(inquiry))]
    if b"x-amz-bypass-governance-retention" in inquiry.request.index:
        needs.append(need(inquiry, "BypassGovernanceRetention", arn, object_context(inquiry)))
    return needs


def _attributes(inquiry: Inquiry) -> list[Need]:
    place = inquiry.asked.place
    version = "Version" if place and "versionId" in place.query else ""
    actions = (f"GetObject{version}", f"GetObject{version}Attributes")
    return [need(inquiry, action, object_arn(inquiry)) for action in actions]


def put_object(inquiry: Inquiry) -> list[Need]:
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
    return [need(inquiry, action, object_arn(inquiry), context) for action in actions]


def _delete_objects(inquiry: Inquiry) -> list[Need]:
    """Every object of the list must be allowed, or none is deleted."""
    needs = []
    bypass = inquiry.request.header(b"x-amz-bypass-governance-retention") is not None
    for entry in xml_root(inquiry.request.body).iterfind("{*}Object"):
        keys = entry.findall("{*}Key")
        versions = entry.findall("{*}VersionId")
        if len(keys) != 1 or len(versions) > 1 or not keys[0].text:
            raise Ambiguous("An object to be deleted has one Key, and one VersionId at most.")
        arn = f"{bucket_arn(inquiry)}/{checked_key(keys[0].text)}"
        version = versions[0].text if versions else None
        if version:
            needs.append(need(inquiry, "DeleteObjectVersion", arn, {"s3:versionid": version}))
        else:
            needs.append(need(inquiry, "DeleteObject", arn))
        if bypass:
            needs.append(need(inquiry, "BypassGovernanceRetention", arn))
    if not needs or len(needs) > 2000:
        raise Unmapped("DeleteObjects names from 1 to 1000 objects.")
    return needs


def _has_acl(inquiry: Inquiry) -> bool:
    return b"x-amz-acl" in inquiry.request.index or _grants(inquiry)


def _grants(inquiry: Inquiry) -> bool:
    return any(name.startswith(b"x-amz-grant-") for name in inquiry.request.index)


MAPPERS: Mapping[str, Mapper] = {
    **dict.fromkeys(_BUCKET, _of_bucket),
    **dict.fromkeys(_OBJECT, _of_object),
    "ListBuckets": _list_buckets,
    "CreateBucket": _create_bucket,
    "GetObjectAttributes": _attributes,
    "PutObject": put_object,
    "CreateMultipartUpload": put_object,
    "DeleteObjects": _delete_objects,
}
