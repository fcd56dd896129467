"""Managed policies: the account's own, and AWS's, which every account may read and none may change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from heapq import merge
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from iamd.guard.ask import Ask
from iamd.guard.target import Target, found, missing
from iamd.policy import Kind
from iamd.reference import managed
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.documents import checked, within
from iamd.services.iam.policies import OwnPolicy, Policy, by_name, default_version, find, owner, usage
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged, new_tags, tag_page, tag_views, untagged, views
from iamd.services.paging import page_in_order, text_of
from iamd.store.image import Records
from iamd.store.records import PolicyVersion, Tags, iam_arn
from iamd.wire.errors import AccessDenied, AwsError, DeleteConflict, EntityAlreadyExists, InvalidInput, NoSuchEntity
from iamd.wire.table import Table, columns, row


def new_policy(call: Call, *, policy_name: str, path: str = "/") -> Target[str]:
    arn = iam_arn(call.account_id, f"policy{path}{policy_name}")
    return Target(arn, arn, f"policy {policy_name}")


def existing_policy(call: Call, *, policy_arn: str) -> Target[Policy]:
    """A policy of the account or of AWS; another account's is decided on as that account's."""
    account_id = owner(policy_arn)
    label = f"policy {policy_arn}"
    policy = find(call.records, policy_arn)
    if policy is not None:
        return found(policy, label)
    unknown = NoSuchEntity(f"Policy {policy_arn} was not found.")
    return replace(missing(policy_arn, unknown, label), account_id=account_id if account_id.isdigit() else None)


def own_policy(refusal: Callable[[str], AwsError], message: str) -> Callable[..., Target[OwnPolicy]]:
    """The resolver for what may only be done to the account's own policies; others', even imagined ones, are
    refused with that error once the caller may do it at all."""

    def resolve(call: Call, *, policy_arn: str) -> Target[Any]:
        if owner(policy_arn) == call.account_id:
            return existing_policy(call, policy_arn=policy_arn)
        return missing(policy_arn, refusal(message), f"policy {policy_arn}")

    return resolve


taggable_policy = own_policy(InvalidInput, "Tags not supported for policies in this domain")


def policies_under(call: Call, *, path_prefix: str = "/") -> Target[None]:
    return Target("*", None, f"policy path {path_prefix}")


OUTLINE: dict[str, Callable[[Any], Any]] = {
    "PolicyName": attrgetter("name"),
    "PolicyId": attrgetter("id"),
    "Arn": attrgetter("arn"),
    "Path": attrgetter("path"),
    "DefaultVersionId": default_version,
    "IsAttachable": lambda policy: True,
    "CreateDate": attrgetter("created"),
    "UpdateDate": attrgetter("updated"),
}


def outline(policy: Policy, used: tuple[int, int]) -> dict[str, Any]:
    """A policy, which is attached so often and so often a boundary, without description and tags."""
    attached, boundaries = used
    return {**row(OUTLINE, policy), "AttachmentCount": attached, "PermissionsBoundaryUsageCount": boundaries}


def outlines(records: Records, policies: Sequence[Policy]) -> dict[str, list[Any]]:
    """The same of many policies, in columns, with how often each is used."""
    shown = columns(OUTLINE, policies)
    used = [usage(records, arn) for arn in shown["Arn"]]
    shown["AttachmentCount"] = [attached for attached, _ in used]
    shown["PermissionsBoundaryUsageCount"] = [boundaries for _, boundaries in used]
    return shown


def detail(records: Records, policy: Policy) -> dict[str, Any]:
    """A policy as it is shown alone: the list of tags is there even when it is empty."""
    tags: Tags = policy.tags if isinstance(policy, OwnPolicy) else ()
    return {
        **outline(policy, usage(records, policy.arn)),
        "Description": policy.description or None,
        "Tags": views(tags),
    }


def _tagging(call: Call, arn: str) -> Iterator[Ask]:
    """Creating with tags takes the permission to tag as well (seen of live AWS)."""
    if call.params.get("tags"):
        yield Ask("iam:TagPolicy", arn, call.account_id, f"policy {call.params['policy_name']}")


@iam.operation(on=new_policy, also=_tagging)
def create_policy(
    call: Call,
    arn: str,
    *,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Create a policy with its first version; names are unique in the account, whatever their case and path."""
    given = new_tags(tags, ignore_case=False)
    conform(call, "policy", tags)
    document = checked(policy_document, Kind.MANAGED)
    if call.records.policies.named(policy_name) is not None:
        raise EntityAlreadyExists(f"A policy called {policy_name} already exists. Duplicate names are not allowed.")
    within(document, quotas.POLICY_SIZE, "PolicySize")
    quotas.check(len(call.records.policies), call.realm.quotas.policies, "PoliciesPerAccount")
    policy = call.records.policies.add(
        OwnPolicy(
            call.account_id,
            call.new_id("ANPA"),
            policy_name,
            path,
            created=call.now,
            updated=call.now,
            description=description,
            tags=given,
        )
    )
    call.records.versions.add(PolicyVersion(call.account_id, policy.id, 1, document, call.now))
    return {"Policy": {**outline(policy, usage(call.records, policy.arn)), **tag_views(given)}}


@iam.operation(on=existing_policy)
def get_policy(call: Call, policy: Policy) -> Reply:
    """Describe a policy of the account or of AWS."""
    return {"Policy": detail(call.records, policy)}


@iam.operation(on=policies_under)
def list_policies(
    call: Call,
    _: None,
    *,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> Reply:
    """List policies by name. `policy_usage_filter` narrows `only_attached` and does nothing without it (seen of live
    AWS)."""

    def wanted(policy: Policy) -> bool:
        in_use = not only_attached or _in_use(call.records, policy.arn, policy_usage_filter)
        return in_use and policy.path.startswith(path_prefix)

    def summaries(policies: Sequence[Policy]) -> Table:
        return Table(len(policies), outlines(call.records, policies))

    rest = filter(wanted, _behind(call.records, scope, "" if marker is None else text_of(marker, "Policies")))
    return page_in_order("Policies", rest, _key, summaries, max_items)


def _behind(records: Records, scope: str, last: str) -> Iterator[Policy]:
    """The policies whose key is greater, in order, without a look at those before it."""
    own, (keys, aws) = records.policies, _of_aws()
    ours = own.sorted()[own.after(last.rpartition(" ")[0]) :] if scope != "AWS" else ()
    theirs = aws[bisect_right(keys, last) :] if scope != "Local" else ()
    return merge(ours, theirs, key=_key) if ours and theirs else iter(ours or theirs)


@cache
def _of_aws() -> tuple[Sequence[str], Sequence[Policy]]:
    policies = sorted(managed.all(), key=_key)
    return [_key(policy) for policy in policies], policies


def _key(policy: Policy) -> str:
    return by_name(policy.arn)


def _in_use(records: Records, arn: str, usage_filter: str | None) -> bool:
    attached, boundaries = usage(records, arn)
    if usage_filter == "PermissionsPolicy":
        return attached > 0
    if usage_filter == "PermissionsBoundary":
        return boundaries > 0
    return attached + boundaries > 0


@iam.operation(on=own_policy(AccessDenied, "Cannot delete policies outside your own account."))
def delete_policy(call: Call, policy: OwnPolicy) -> None:
    """Delete a policy that nobody uses and that has its default version only."""
    records = call.records
    if any(usage(records, policy.arn)):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    versions = records.versions.where("policy", policy.id)
    if len(versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    for version in versions:
        records.versions.remove(version)
    records.policies.remove(policy)


@iam.operation(on=taggable_policy)
def tag_policy(call: Call, policy: OwnPolicy, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; `Team` and `team` are two tags."""
    conform(call, "policy", tags)
    call.records.policies.replace(policy, tags=merged(policy.tags, tags, ignore_case=False))


@iam.operation(on=taggable_policy)
def untag_policy(call: Call, policy: OwnPolicy, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.policies.replace(policy, tags=untagged(policy.tags, tag_keys, ignore_case=False))


@iam.operation(on=taggable_policy)
def list_policy_tags(
    call: Call, policy: OwnPolicy, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of a policy."""
    return tag_page(policy.tags, marker, max_items)
