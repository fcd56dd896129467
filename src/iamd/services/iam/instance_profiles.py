"""Instance profiles: the vessel in which EC2 receives a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import target_context
from iamd.guard.target import Target, found, missing, new
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.roles import existing_role, no_such_role, outline, protected
from iamd.services.iam.tag_policies import conform
from iamd.services.iam.tags import merged, new_tags, tag_page, tag_views, untagged
from iamd.services.iam.trust import rendered
from iamd.services.paging import page, page_of
from iamd.store.records import InstanceProfile, Role, fold, iam_arn
from iamd.wire.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded, NoSuchEntity


def new_profile(call: Call, *, instance_profile_name: str, path: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"instance-profile{path}{instance_profile_name}"))


def existing_profile(call: Call, *, instance_profile_name: str) -> Target[InstanceProfile]:
    profile = call.records.profiles.named(instance_profile_name)
    label = f"instance profile {instance_profile_name}"
    if profile is None:
        error = NoSuchEntity(f"Instance Profile {instance_profile_name} cannot be found.")
        return missing(iam_arn(call.account_id, f"instance-profile/{instance_profile_name}"), error, label)
    return found(profile, label)


def profiles_under(call: Call, *, path_prefix: str = "/") -> Target[str]:
    return new(iam_arn(call.account_id, f"instance-profile{path_prefix}"))


def passed_role(call: Call, profile: InstanceProfile) -> Iterator[Ask]:
    """Who puts a role into a profile must be allowed to pass it to EC2.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    role = existing_role(call, role_name=call.params["role_name"])
    context = {**target_context(role), "iam:passedtoservice": "ec2.amazonaws.com"}
    yield Ask("iam:PassRole", role.arn, call.account_id, context=context)


def summary(call: Call, profile: InstanceProfile) -> dict[str, Any]:
    """A profile as lists show it: without tags, its role with six members."""
    role = call.records.roles.get(profile.role_id or "")
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created,
        "Roles": [] if role is None else [outline(role, rendered(role, call.realm))],
    }


def detail(call: Call, profile: InstanceProfile) -> dict[str, Any]:
    """A profile as it is shown alone."""
    return {**summary(call, profile), **tag_views(profile.tags)}


def role_named(call: Call, role_name: str) -> Role:
    """The role of that name; raises NoSuchEntity."""
    role: Role | None = call.records.roles.named(role_name)
    if role is None:
        raise no_such_role(role_name)
    return role


def tagging_profile(call: Call, arn: str) -> Iterator[Ask]:
    """Who creates a profile with tags must be allowed to tag it (the page "Tag instance profiles")."""
    if call.params.get("tags"):
        yield Ask("iam:TagInstanceProfile", arn, call.account_id)


@iam.operation(on=new_profile, also=tagging_profile)
def create_instance_profile(
    call: Call,
    arn: str,
    *,
    instance_profile_name: str,
    path: str = "/",
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Create an instance profile without a role."""
    given = new_tags(tags, ignore_case=False)
    conform(call, "instance-profile", tags)
    profiles = call.records.profiles
    if profiles.named(instance_profile_name) is not None:
        raise EntityAlreadyExists(f"Instance Profile {instance_profile_name} already exists.")
    quotas.check(len(profiles), call.realm.quotas.instance_profiles, "InstanceProfilesPerAccount")
    profile = InstanceProfile(call.account_id, call.new_id("AIPA"), instance_profile_name, path, call.now, tags=given)
    return {"InstanceProfile": detail(call, profiles.add(profile))}


@iam.operation(on=existing_profile)
def get_instance_profile(call: Call, profile: InstanceProfile) -> Reply:
    """Describe an instance profile."""
    return {"InstanceProfile": detail(call, profile)}


@iam.operation(on=profiles_under)
def list_instance_profiles(
    call: Call, arn: str, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the instance profiles whose path begins with the prefix, by name."""
    return page(
        "InstanceProfiles",
        call.records.profiles,
        lambda profile: summary(call, profile),
        marker,
        max_items,
        lambda profile: profile.path.startswith(path_prefix),
    )


@iam.operation(on=existing_role)
def list_instance_profiles_for_role(
    call: Call, role: Role, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the instance profiles that hold a role, by name."""
    profiles = call.records.profiles.where("role", role.id)
    return page_of(
        "InstanceProfiles",
        profiles,
        lambda profile: fold(profile.name),
        lambda profile: summary(call, profile),
        marker,
        max_items,
    )


@iam.operation(on=existing_profile)
def delete_instance_profile(call: Call, profile: InstanceProfile) -> None:
    """Delete an instance profile that holds no role."""
    if profile.role_id is not None:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    call.records.profiles.remove(profile)


@iam.operation(on=existing_profile, also=passed_role)
def add_role_to_instance_profile(call: Call, profile: InstanceProfile, *, role_name: str) -> None:
    """Put a role into a profile, which holds one; the same one a second time is one too many (seen of live AWS)."""
    role = role_named(call, role_name)
    refusal = protected(role)
    if refusal is not None:
        raise refusal
    if profile.role_id is not None:
        limit = quotas.ROLES_PER_INSTANCE_PROFILE
        raise LimitExceeded(f"Cannot exceed quota for InstanceSessionsPerInstanceProfile: {limit}")
    call.records.profiles.replace(profile, role_id=role.id)


@iam.operation(on=existing_profile)
def remove_role_from_instance_profile(call: Call, profile: InstanceProfile, *, role_name: str) -> None:
    """Take a role out of a profile; raises NoSuchEntity when it is not in there."""
    role = role_named(call, role_name)
    if profile.role_id != role.id:
        raise no_such_role(role_name)
    call.records.profiles.replace(profile, role_id=None)


@iam.operation(on=existing_profile)
def tag_instance_profile(call: Call, profile: InstanceProfile, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values; keys in another case are other keys."""
    conform(call, "instance-profile", tags)
    call.records.profiles.replace(profile, tags=merged(profile.tags, tags, ignore_case=False))


@iam.operation(on=existing_profile)
def untag_instance_profile(call: Call, profile: InstanceProfile, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    call.records.profiles.replace(profile, tags=untagged(profile.tags, tag_keys, ignore_case=False))


@iam.operation(on=existing_profile)
def list_instance_profile_tags(
    call: Call, profile: InstanceProfile, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the tags of an instance profile."""
    return tag_page(profile.tags, marker, max_items)
