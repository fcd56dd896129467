"""GetResources, GetTagKeys and GetTagValues: what is tagged in the account, by type, key and value.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html. IAM is in every region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.iam.tags import views
from iamd.services.paging import marker_of, text_of
from iamd.services.tagging.api import tagging
from iamd.services.tagging.resources import by_arn, kind_of, tagged
from iamd.wire.errors import InvalidParameterException, ValidationError

R = TypeVar("R")

PAGE = 50
MOST_RESOURCES = 100
LEAST_TAGS, MOST_TAGS = 100, 500
_COMPLIANCE = "Tag policies are not looked at here: ask without {}."


def everything(call: Call) -> Target[None]:
    return nothing()


@tagging.operation(
    on=everything,
    refuses={
        "include_compliance_details": _COMPLIANCE.format("IncludeComplianceDetails"),
        "exclude_compliant_resources": _COMPLIANCE.format("ExcludeCompliantResources"),
    },
)
def get_resources(
    call: Call,
    _: None,
    *,
    pagination_token: str = "",
    tag_filters: Sequence[Mapping[str, Any]] = (),
    resources_per_page: int = PAGE,
    tags_per_page: int = MOST_TAGS,
    resource_type_filters: Sequence[str] = (),
    resource_arn_list: Sequence[str] = (),
) -> Reply:
    """The resources that have tags, and fit every filter, with their tags."""
    if not 1 <= resources_per_page <= MOST_RESOURCES:
        raise InvalidParameterException(f"ResourcesPerPage must be between 1 and {MOST_RESOURCES}")
    if not LEAST_TAGS <= tags_per_page <= MOST_TAGS or tags_per_page % LEAST_TAGS:
        raise InvalidParameterException(f"TagsPerPage must be a multiple of {LEAST_TAGS}, up to {MOST_TAGS}")
    if resource_arn_list and (tag_filters or resource_type_filters or pagination_token):
        raise InvalidParameterException("ResourceARNList cannot be combined with other filters or a PaginationToken")
    if any("Key" not in each for each in tag_filters):
        raise InvalidParameterException("A tag filter must have a Key")
    if resource_arn_list:
        named = {arn: by_arn(call.records, arn) for arn in resource_arn_list}
        found = [resource for resource in named.values() if resource is not None and resource.tags]
    else:
        found = [each for each in tagged(call.records) if _fits(each, tag_filters, resource_type_filters)]
    rest = _after(found, lambda resource: resource.arn, pagination_token)
    shown = rest[: _fitting(rest, resources_per_page, tags_per_page)]
    return {
        "ResourceTagMappingList": [{"ResourceARN": each.arn, "Tags": views(each.tags)} for each in shown],
        "PaginationToken": marker_of(shown[-1].arn) if len(shown) < len(rest) else "",
    }


def _fits(resource: Any, tag_filters: Sequence[Mapping[str, Any]], types: Sequence[str]) -> bool:
    """Of the tag filters all must fit, of the types one."""
    kind = kind_of(resource.arn)
    if types and not {"iam", f"iam:{kind.name if kind else ''}"} & set(types):
        return False
    return all(
        any(key == each["Key"] and (not each.get("Values") or value in each["Values"]) for key, value in resource.tags)
        for each in tag_filters
    )


def _fitting(rest: Sequence[Any], resources: int, tags: int) -> int:
    """How many of them a page holds: one has fewer tags than the smallest page takes."""
    room = tags
    for number, resource in enumerate(rest[:resources]):
        room -= len(resource.tags)
        if room < 0:
            return number
    return min(len(rest), resources)


@tagging.operation(on=everything)
def get_tag_keys(call: Call, _: None, *, pagination_token: str = "") -> Reply:
    """All keys of tags in the account, each once, in alphabetical order."""
    return _texts("TagKeys", {key for each in tagged(call.records) for key, _ in each.tags}, pagination_token)


@tagging.operation(on=everything)
def get_tag_values(call: Call, _: None, *, key: str, pagination_token: str = "") -> Reply:
    """All values that tags of that key have in the account, each once, in alphabetical order."""
    values = {value for each in tagged(call.records) for name, value in each.tags if name == key}
    return _texts("TagValues", values, pagination_token)


def _texts(member: str, texts: Iterable[str], token: str) -> Reply:
    rest = _after(texts, lambda text: text, token)
    shown = rest[:MOST_RESOURCES]
    return {member: shown, "PaginationToken": marker_of(shown[-1]) if len(shown) < len(rest) else ""}


def _after(items: Iterable[R], key: Callable[[R], str], token: str) -> list[R]:
    """The items behind the token, in order; an empty token is none."""
    try:
        last = text_of(token) if token else None
    except ValidationError:
        raise InvalidParameterException("The PaginationToken is not one that was answered") from None
    return [item for item in sorted(items, key=key) if last is None or key(item) > last]
