"""Profiles: which roles the holders of certificates may take, and what bounds their sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.caller.certificates.attributes import DEFAULT
from iamd.guard.ask import Ask
from iamd.guard.context import target_context
from iamd.guard.target import Target, found
from iamd.policy import Kind, MalformedPolicy, parse
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import ALIASES, rolesanywhere
from iamd.services.rolesanywhere.resources import Family, anywhere
from iamd.services.rolesanywhere.tag_rules import merged
from iamd.store.kinds.roles_anywhere import AnywhereProfile
from iamd.wire.errors import ValidationException

MAX_PROFILES = 250
SERVICE = "rolesanywhere.amazonaws.com"


def passed_roles(call: Call, profile: AnywhereProfile | None) -> Iterator[Ask]:
    """Who lets certificates have a role must be allowed to pass it to Roles Anywhere.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    arns: Sequence[str] = call.params.get("role_arns") or ()
    if not arns and profile is not None and not call.params.get("role_arns"):
        arns = profile.role_arns
    for arn in arns:
        role = call.records.roles.named(arn.rpartition("/")[2])
        own = target_context(found(role)) if role is not None and role.arn == arn else {}
        yield Ask("iam:PassRole", arn, arn.split(":")[4], context={**own, "iam:passedtoservice": SERVICE})


def mappings_of(profile: AnywhereProfile) -> Mapping[str, Sequence[str]]:
    """The specifiers of each field of a certificate."""
    own: dict[str, list[str]] = json.loads(profile.mappings)
    return {**DEFAULT, **own}


def detail(profile: AnywhereProfile) -> dict[str, Any]:
    """A profile as it is shown everywhere."""
    return {
        "profileId": profile.id,
        "profileArn": profile.arn,
        "name": profile.name,
        "requireInstanceProperties": profile.needs_instance_properties,
        "enabled": profile.enabled,
        "createdBy": profile.created_by,
        "sessionPolicy": profile.policy,
        "roleArns": list(profile.role_arns),
        "managedPolicyArns": list(profile.policy_arns),
        "createdAt": profile.created,
        "updatedAt": profile.updated,
        "durationSeconds": profile.seconds,
        "acceptRoleSessionName": profile.accepts_session_name,
        "attributeMappings": [
            {"certificateField": field, "mappingRules": [{"specifier": specifier} for specifier in specifiers]}
            for field, specifiers in mappings_of(profile).items()
            if specifiers
        ],
    }


PROFILES = Family("profile", "profile", lambda records: records.anywhere_profiles, detail)


def existing_profile(call: Call, *, profile_id: str) -> Target[AnywhereProfile]:
    return PROFILES.existing(call, profile_id)


def _check_policies(policy: str | None, policy_arns: Sequence[str] | None) -> None:
    """Raise ValidationException for policies that are none."""
    for arn in policy_arns or ():
        if arn.count(":") < 5 or not arn.startswith("arn:"):
            raise ValidationException(f"{arn} is no ARN of a policy")
    if policy is not None:
        try:
            parse(policy, Kind.SESSION)
        except MalformedPolicy as error:
            raise ValidationException(f"The session policy is malformed: {error}") from None


@rolesanywhere.operation(on=anywhere, also=passed_roles, refuses=ALIASES)
def create_profile(
    call: Call,
    _: None,
    *,
    name: str,
    role_arns: list[str],
    require_instance_properties: bool = False,
    session_policy: str | None = None,
    managed_policy_arns: list[str] | None = None,
    duration_seconds: int = 3600,
    enabled: bool = False,
    tags: list[dict[str, str]] | None = None,
    accept_role_session_name: bool = False,
) -> Reply:
    """Let holders of certificates have roles, once the profile is enabled.

    https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_CreateProfile.html
    """
    PROFILES.require_room(call, MAX_PROFILES)
    _check_policies(session_policy, managed_policy_arns)
    profile = AnywhereProfile(
        account_id=call.account_id,
        id=new_uuid(),
        region=call.region,
        name=name,
        created=call.now,
        updated=call.now,
        created_by=call.caller.arn,
        role_arns=tuple(role_arns),
        policy=session_policy,
        policy_arns=tuple(managed_policy_arns or ()),
        seconds=duration_seconds,
        accepts_session_name=accept_role_session_name,
        needs_instance_properties=require_instance_properties,
        enabled=enabled,
        tags=merged((), tags or []),
    )
    return PROFILES.added(call, profile)


@rolesanywhere.operation(on=existing_profile)
def get_profile(call: Call, profile: AnywhereProfile) -> Reply:
    """The profile of that id or ARN."""
    return PROFILES.shown(profile)


@rolesanywhere.operation(on=anywhere)
def list_profiles(call: Call, _: None, *, next_token: str | None = None, page_size: int | None = None) -> Reply:
    """The region's profiles."""
    return PROFILES.page(call, next_token, page_size)


@rolesanywhere.operation(on=existing_profile, also=passed_roles, refuses=ALIASES)
def update_profile(
    call: Call,
    profile: AnywhereProfile,
    *,
    name: str | None = None,
    session_policy: str | None = None,
    role_arns: list[str] | None = None,
    managed_policy_arns: list[str] | None = None,
    duration_seconds: int | None = None,
    accept_role_session_name: bool | None = None,
) -> Reply:
    """Change what is given; the rest stays."""
    _check_policies(session_policy, managed_policy_arns)
    given = {
        "name": name,
        "policy": session_policy,
        "role_arns": None if role_arns is None else tuple(role_arns),
        "policy_arns": None if managed_policy_arns is None else tuple(managed_policy_arns),
        "seconds": duration_seconds,
        "accepts_session_name": accept_role_session_name,
    }
    return PROFILES.changed(call, profile, **{field: value for field, value in given.items() if value is not None})


@rolesanywhere.operation(on=existing_profile, also=passed_roles)
def enable_profile(call: Call, profile: AnywhereProfile) -> Reply:
    """Let certificates have the roles from now on."""
    return PROFILES.changed(call, profile, enabled=True)


@rolesanywhere.operation(on=existing_profile)
def disable_profile(call: Call, profile: AnywhereProfile) -> Reply:
    """Open no session any more; those that were opened live on."""
    return PROFILES.changed(call, profile, enabled=False)


@rolesanywhere.operation(on=existing_profile)
def delete_profile(call: Call, profile: AnywhereProfile) -> Reply:
    """Remove the profile."""
    return PROFILES.removed(call, profile)
