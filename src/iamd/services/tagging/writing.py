"""TagResources and UntagResources: the same tags on several resources, each of which is done or refused by itself.

They take the permission to tag here, and that of each resource's own service.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import target_context
from iamd.guard.target import found
from iamd.services.call import Call, Reply
from iamd.services.iam.reserved import is_reserved, protected_provider, unmodifiable
from iamd.services.iam.tags import merged, untagged
from iamd.services.invocation import refusal
from iamd.services.tagging.api import tagging
from iamd.services.tagging.reading import everything
from iamd.services.tagging.resources import Kind, by_arn, kind_of
from iamd.store.kinds.federation import SamlProvider
from iamd.store.records import Role, Tags
from iamd.wire.errors import AwsError, InvalidParameterException

Retag = Callable[[Kind, Tags], Tags]


@tagging.operation(on=everything)
def tag_resources(call: Call, _: None, *, resource_arn_list: Sequence[str], tags: Mapping[str, str]) -> Reply:
    """Add tags, or change their values."""
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    return _each(
        call, "Tag", resource_arn_list, lambda kind, present: merged(present, given, ignore_case=kind.ignore_case)
    )


@tagging.operation(on=everything)
def untag_resources(call: Call, _: None, *, resource_arn_list: Sequence[str], tag_keys: Sequence[str]) -> Reply:
    """Remove tags; those that are not there do not matter."""
    return _each(
        call,
        "Untag",
        resource_arn_list,
        lambda kind, present: untagged(present, tag_keys, ignore_case=kind.ignore_case),
    )


def _each(call: Call, verb: str, arns: Sequence[str], retag: Retag) -> Reply:
    failures: dict[str, Any] = {}
    for arn in dict.fromkeys(arns):
        failure = _retagged(call, verb, arn, retag)
        if failure is not None:
            failures[arn] = {
                "StatusCode": failure.status,
                "ErrorCode": failure.code,
                "ErrorMessage": failure.message,
            }
    return {"FailedResourcesMap": failures}


def _retagged(call: Call, verb: str, arn: str, retag: Retag) -> AwsError | None:
    """Change the tags of one resource; or why not. What may not be tagged and what is not there is told apart only to
    who may tag it."""
    kind = kind_of(arn)
    if kind is None or arn.split(":")[4] != call.account_id:
        return InvalidParameterException(f"{arn} is no ARN of a resource of this account whose tags are known here")
    resource = by_arn(call.records, arn)
    context = {} if resource is None else target_context(found(resource))
    refused = refusal(call, Ask(f"iam:{verb}{kind.noun}", arn, call.account_id, context=context))
    if refused is not None:
        return refused
    if resource is None:
        return InvalidParameterException(f"{arn} was not found")
    reserved = _reserved(resource)
    if reserved is not None:
        return reserved
    try:
        kind.collection(call.records).replace(resource, tags=retag(kind, resource.tags))
    except AwsError as error:
        return error
    return None


def _reserved(resource: Any) -> AwsError | None:
    """Why only AWS changes the resource, or None."""
    if isinstance(resource, Role):
        return unmodifiable(resource) if is_reserved(resource) else None
    return protected_provider(resource.name) if isinstance(resource, SamlProvider) else None
