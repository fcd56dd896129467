"""Tables of a bucket's metadata, which S3 makes in a table bucket for who configures them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metadata-tables-permissions.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.exact.s3 import bucket_arn, need
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn
from iamd.gateway.parameters import xml_root, xml_text
from iamd.wire.gateway_errors import Unmapped

_MADE = ("CreateNamespace", "GetTable", "CreateTable", "PutTablePolicy")
_MADE_BY_S3 = ("CreateTableBucket", *_MADE, "PutTableEncryption")
_ON_TABLES = frozenset({"GetTable", "CreateTable", "PutTablePolicy", "PutTableEncryption"})
_FORMER = "BucketMetadataTableConfiguration"


def _tables(bucket: str, actions: tuple[str, ...]) -> list[Need]:
    """Actions on a table bucket, or on the tables in it."""
    return [Need(f"s3tables:{each}", f"{bucket}/table/*" if each in _ON_TABLES else bucket) for each in actions]


def _create(inquiry: Inquiry) -> list[Need]:
    """S3 keeps the tables in a bucket of its own, `aws-s3`."""
    managed = inquiry.arn("s3tables", "bucket/aws-s3")
    actions = (*_MADE_BY_S3, "PutTableBucketPolicy")
    return [need(inquiry, f"Create{_FORMER}", bucket_arn(inquiry)), *_tables(managed, actions)]


def _create_former(inquiry: Inquiry) -> list[Need]:
    """The first form of configuration names the table bucket."""
    named = xml_text(xml_root(inquiry.request.body), ".//{*}TableBucketArn")
    if not named:
        raise Unmapped("The configuration must say its TableBucketArn.")
    bucket = checked_arn(named, "s3tables", "bucket/")
    return [need(inquiry, f"Create{_FORMER}", bucket_arn(inquiry)), *_tables(bucket, _MADE)]


def _update_inventory(inquiry: Inquiry) -> list[Need]:
    managed = inquiry.arn("s3tables", "bucket/aws-s3")
    return [*_of_bucket(inquiry), *_tables(managed, _MADE_BY_S3)]


def _of_bucket(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.operation.name.replace("BucketMetadataConfiguration", _FORMER)
    return [need(inquiry, name, bucket_arn(inquiry))]


MAPPERS: Mapping[str, Mapper] = {
    "CreateBucketMetadataConfiguration": _create,
    "CreateBucketMetadataTableConfiguration": _create_former,
    "DeleteBucketMetadataConfiguration": _of_bucket,
    "DeleteBucketMetadataTableConfiguration": _of_bucket,
    "GetBucketMetadataConfiguration": _of_bucket,
    "GetBucketMetadataTableConfiguration": _of_bucket,
    "UpdateBucketMetadataAnnotationTableConfiguration": _of_bucket,
    "UpdateBucketMetadataInventoryTableConfiguration": _update_inventory,
    "UpdateBucketMetadataJournalTableConfiguration": _of_bucket,
}
