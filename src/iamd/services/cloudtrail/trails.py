"""Trails: what is delivered to which bucket. They begin to log when StartLogging is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, new, nothing
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.naming import arn_of, check_name, find_trail, named_trail, own_trail
from iamd.services.cloudtrail.tags import merged
from iamd.store.kinds.trails import Trail
from iamd.wire.cloudtrail_errors import (
    InvalidParameterCombinationException,
    InvalidS3BucketNameException,
    InvalidS3PrefixException,
    MaximumNumberOfTrailsExceededException,
    S3BucketDoesNotExistException,
    TrailAlreadyExistsException,
    UnsupportedOperationException,
)

MAX_TRAILS = 5  # in a region
MAX_PREFIX = 200
_is_bucket = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]").fullmatch
_is_prefix = re.compile(r"(?!.*(^|/)\.{0,2}(/|$))[A-Za-z0-9!_.*'()/=@:+-]+").fullmatch
_REFUSED = {
    "sns_topic_name": "Trails do not notify SNS topics: iamd has none. Leave SnsTopicName out.",
    "cloud_watch_logs_log_group_arn": "Trails do not write to CloudWatch Logs. Leave CloudWatchLogsLogGroupArn out.",
    "cloud_watch_logs_role_arn": "Trails do not write to CloudWatch Logs. Leave CloudWatchLogsRoleArn out.",
    "kms_key_id": "Log files are not encrypted with KMS keys: iamd has none. Leave KmsKeyId out.",
    "recursive_logging": "Deliveries to buckets are no calls of this server, so there is no RecursiveLogging.",
}


def new_trail(call: Call, *, name: str) -> Target[str]:
    check_name(name)
    return new(arn_of(call, name))


def tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Who creates a trail with tags must be allowed to tag it."""
    if call.params.get("tags_list"):
        yield Ask("cloudtrail:AddTags", arn, call.account_id)


@cloudtrail.operation(on=new_trail, also=tagging, refuses=_REFUSED)
def create_trail(
    call: Call,
    arn: str,
    *,
    name: str,
    s3_bucket_name: str,
    s3_key_prefix: str | None = None,
    include_global_service_events: bool = True,
    is_multi_region_trail: bool = False,
    enable_log_file_validation: bool = False,
    is_organization_trail: bool = False,
    tags_list: list[dict[str, str]] | None = None,
) -> Reply:
    """Create a trail, which logs nothing yet.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
    """
    check_place(call, s3_bucket_name, s3_key_prefix)
    _check_reach(is_organization_trail, is_multi_region_trail, include_global_service_events)
    trails = call.records.trails
    if trails.get(f"{call.region}/{name}") is not None:
        raise TrailAlreadyExistsException(f"Trail {name} already exists for customer: {call.account_id}")
    if sum(trail.region == call.region for trail in trails) >= MAX_TRAILS:
        raise MaximumNumberOfTrailsExceededException(
            f"User: {call.account_id} already has {MAX_TRAILS} trails in {call.region}."
        )
    trail = Trail(
        call.account_id,
        call.region,
        name,
        call.now,
        s3_bucket_name,
        s3_key_prefix or None,
        is_multi_region_trail,
        include_global_service_events,
        enable_log_file_validation,
        tags=merged((), tags_list),
    )
    return _summary(trails.add(trail))


@cloudtrail.operation(on=own_trail, refuses=_REFUSED)
def update_trail(
    call: Call,
    trail: Trail,
    *,
    s3_bucket_name: str | None = None,
    s3_key_prefix: str | None = None,
    include_global_service_events: bool | None = None,
    is_multi_region_trail: bool | None = None,
    enable_log_file_validation: bool | None = None,
    is_organization_trail: bool = False,
) -> Reply:
    """Change where and what a trail delivers; what was not delivered yet goes to the new place."""
    bucket = s3_bucket_name or trail.bucket
    prefix = trail.prefix if s3_key_prefix is None else s3_key_prefix or None
    multi_region = trail.multi_region if is_multi_region_trail is None else is_multi_region_trail
    global_events = trail.global_events if include_global_service_events is None else include_global_service_events
    check_place(call, bucket, prefix)
    _check_reach(is_organization_trail, multi_region, global_events)
    validated = trail.validated if enable_log_file_validation is None else enable_log_file_validation
    if trail.validated and not validated:  # the chain of digests ends; a later one begins anew
        forget_digests(call, trail)
    changed = call.records.trails.replace(
        trail,
        bucket=bucket,
        prefix=prefix,
        multi_region=multi_region,
        global_events=global_events,
        validated=validated,
    )
    return _summary(changed)


@cloudtrail.operation(on=own_trail)
def delete_trail(call: Call, trail: Trail) -> None:
    """Delete a trail; what it has delivered stays."""
    forget_digests(call, trail)
    delivery = call.records.trail_deliveries.get(trail.key)
    if delivery is not None:
        call.records.trail_deliveries.remove(delivery)
    call.records.trails.remove(trail)


def forget_digests(call: Call, trail: Trail) -> None:
    for chain in call.records.digest_chains.where("trail", trail.key):
        call.records.digest_chains.remove(chain)


@cloudtrail.operation(on=named_trail)
def get_trail(call: Call, trail: Trail) -> Reply:
    """Tell a trail's settings."""
    return {"Trail": view(trail)}


def all_trails(call: Call) -> Target[None]:
    return nothing()


@cloudtrail.operation(on=all_trails)
def describe_trails(
    call: Call, _: None, *, trail_name_list: list[str] | None = None, include_shadow_trails: bool = True
) -> Reply:
    """Tell the settings of those trails that there are, or of all that log in this region."""
    if trail_name_list:
        found = [find_trail(call, given) for given in trail_name_list]
    else:
        found = [trail for trail in call.records.trails if trail.region == call.region or trail.multi_region]
    shown = [trail for trail in found if trail and (include_shadow_trails or trail.region == call.region)]
    return {"trailList": [view(trail) for trail in shown]}


@cloudtrail.operation(on=all_trails, refuses={"next_token": "All trails are on the first page: there is no NextToken."})
def list_trails(call: Call, _: None) -> Reply:
    """List the trails of all regions."""
    listed = [{"TrailARN": t.arn, "Name": t.name, "HomeRegion": t.region} for t in call.records.trails]
    return {"Trails": listed}


def _summary(trail: Trail) -> Mapping[str, Any]:
    """What is told of a trail that was just made or changed."""
    return {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.validated,
        "IsOrganizationTrail": False,
    }


def view(trail: Trail) -> Mapping[str, Any]:
    """The `Trail` structure."""
    return {
        **_summary(trail),
        "HomeRegion": trail.region,
        "HasCustomEventSelectors": bool(trail.selectors),
        "HasInsightSelectors": False,
    }


def check_place(call: Call, bucket: str, prefix: str | None) -> None:
    """Refuse a bucket or prefix that nothing can be delivered to."""
    if not _is_bucket(bucket):
        raise InvalidS3BucketNameException(f"Bucket name {bucket} is not valid.")
    if prefix and (len(prefix) > MAX_PREFIX or not _is_prefix(prefix)):
        raise InvalidS3PrefixException(f"S3 prefix {prefix} is not valid.")
    if not call.realm.delivers_trails:
        raise S3BucketDoesNotExistException(
            f"S3 bucket {bucket} does not exist! This server has no place for buckets: its operator names one with the "
            "setting trail_buckets."
        )


def _check_reach(organization: bool, multi_region: bool, global_events: bool) -> None:
    if organization:
        raise UnsupportedOperationException(
            "Trails of organizations are not supported: create one in each account, and leave IsOrganizationTrail out."
        )
    if multi_region and not global_events:
        raise InvalidParameterCombinationException("Multi-Region trail must include global service events.")
