"""What a permission set allows: policies of AWS, policies that each account has by itself, a policy of its own, and the
boundary of all of them. It reaches accounts when the set is provisioned.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.policy import Kind, MalformedPolicy, parse, size
from iamd.reference import managed
from iamd.services.call import Call, Reply
from iamd.services.iam.policies import RESERVED_PATHS
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.held_sets import HeldSet, also_its_instance, changeable_set, existing_set
from iamd.services.sso_admin.paging import page
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException, ServiceQuotaExceededException

Reference = Mapping[str, str]


def _require_policy_of_aws(arn: str) -> None:
    policy = managed.get(arn)
    if policy is None:
        raise ResourceNotFoundException(f"Could not find ManagedPolicy with arn {arn}")
    if policy.path in RESERVED_PATHS:
        raise ValidationException(f"Cannot attach the policy {arn}: only AWS attaches it.")


def _require_room(held: HeldSet) -> None:
    count = len(held.set.managed) + len(held.set.customer_managed)
    quotas.check(count, quotas.POLICIES_PER_SET, "policies of a permission set")


def _path_and_name(reference: Reference) -> tuple[str, str]:
    return reference.get("Path") or "/", reference["Name"]


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def attach_managed_policy_to_permission_set(call: Call, held: HeldSet, *, managed_policy_arn: str) -> Reply:
    """Add a policy of AWS."""
    _require_policy_of_aws(managed_policy_arn)
    if managed_policy_arn in held.set.managed:
        said = f"Permission set with id {held.set.id} already has a typed link attachment to a managed policy with"
        raise ConflictException(f"{said} {managed_policy_arn}")
    _require_room(held)
    held.replaced(managed=(*held.set.managed, managed_policy_arn))
    return {}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def detach_managed_policy_from_permission_set(call: Call, held: HeldSet, *, managed_policy_arn: str) -> Reply:
    """Take a policy of AWS away."""
    if managed_policy_arn not in held.set.managed:
        raise ResourceNotFoundException(f"Could not find ManagedPolicy with arn {managed_policy_arn}")
    held.replaced(managed=tuple(arn for arn in held.set.managed if arn != managed_policy_arn))
    return {}


@sso_admin.operation(on=existing_set, also=also_its_instance)
def list_managed_policies_in_permission_set(
    call: Call, held: HeldSet, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the policies of AWS."""

    def view(arn: str) -> dict[str, str]:
        return {"Name": arn.rpartition("/")[2], "Arn": arn}

    return page("AttachedManagedPolicies", held.set.managed, lambda arn: arn, view, next_token, max_results)


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def attach_customer_managed_policy_reference_to_permission_set(
    call: Call, held: HeldSet, *, customer_managed_policy_reference: Reference
) -> Reply:
    """Add a policy that each account has to have by that path and name."""
    path, name = _path_and_name(customer_managed_policy_reference)
    if (path, name) in held.set.customer_managed:
        raise ConflictException(f"Given customer managed policy with name: {name}  and path {path} already attached")
    _require_room(held)
    held.replaced(customer_managed=(*held.set.customer_managed, (path, name)))
    return {}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def detach_customer_managed_policy_reference_from_permission_set(
    call: Call, held: HeldSet, *, customer_managed_policy_reference: Reference
) -> Reply:
    """Take a policy of the accounts away."""
    path, name = _path_and_name(customer_managed_policy_reference)
    if (path, name) not in held.set.customer_managed:
        said = f"Given managed policy with name: {name}  and path {path} does not exist on PermissionSet"
        raise ResourceNotFoundException(said)
    held.replaced(customer_managed=tuple(each for each in held.set.customer_managed if each != (path, name)))
    return {}


@sso_admin.operation(on=existing_set, also=also_its_instance)
def list_customer_managed_policy_references_in_permission_set(
    call: Call, held: HeldSet, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the policies of the accounts."""
    return page(
        "CustomerManagedPolicyReferences",
        held.set.customer_managed,
        lambda each: "".join(each),
        lambda each: {"Name": each[1], "Path": each[0]},
        next_token,
        max_results,
    )


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def put_inline_policy_to_permission_set(call: Call, held: HeldSet, *, inline_policy: str) -> Reply:
    """Give the set a policy of its own, in place of the one that it has."""
    try:
        parse(inline_policy, Kind.IDENTITY)
    except MalformedPolicy as error:
        raise ValidationException(f"Malformed policy document: {error}") from None
    if size(inline_policy) > quotas.INLINE_CHARACTERS:
        said = f"The inline policy has more than {quotas.INLINE_CHARACTERS} characters, white space not counted."
        raise ServiceQuotaExceededException(said)
    held.replaced(inline=inline_policy)
    return {}


@sso_admin.operation(on=existing_set, also=also_its_instance)
def get_inline_policy_for_permission_set(call: Call, held: HeldSet) -> Reply:
    """The set's own policy; nothing where it has none, as on AWS."""
    return {"InlinePolicy": held.set.inline or ""}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def delete_inline_policy_from_permission_set(call: Call, held: HeldSet) -> Reply:
    """Take the set's own policy away."""
    if held.set.inline is None:
        raise ResourceNotFoundException(f"Could not find an inline policy of PermissionSet with id {held.set.id}")
    held.replaced(inline=None)
    return {}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def put_permissions_boundary_to_permission_set(
    call: Call, held: HeldSet, *, permissions_boundary: Mapping[str, Any]
) -> Reply:
    """Bound the set by a policy of AWS or of each account."""
    if len(permissions_boundary) != 1:
        raise ValidationException("PermissionsBoundary must have exactly one member.")
    arn = permissions_boundary.get("ManagedPolicyArn")
    if arn is None:
        arn = "".join(_path_and_name(permissions_boundary["CustomerManagedPolicyReference"]))
    else:
        _require_policy_of_aws(arn)
    held.replaced(boundary=arn)
    return {}


@sso_admin.operation(on=existing_set, also=also_its_instance)
def get_permissions_boundary_for_permission_set(call: Call, held: HeldSet) -> Reply:
    """The boundary of the set."""
    boundary = held.set.boundary
    if boundary is None:
        raise ResourceNotFoundException(f"Could not find a permissions boundary of PermissionSet with id {held.set.id}")
    if boundary.startswith("arn:"):
        return {"PermissionsBoundary": {"ManagedPolicyArn": boundary}}
    path, slash, name = boundary.rpartition("/")
    reference = {"Name": name, "Path": path + slash}
    return {"PermissionsBoundary": {"CustomerManagedPolicyReference": reference}}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def delete_permissions_boundary_from_permission_set(call: Call, held: HeldSet) -> Reply:
    """Take the boundary away."""
    if held.set.boundary is None:
        raise ResourceNotFoundException(f"Could not find a permissions boundary of PermissionSet with id {held.set.id}")
    held.replaced(boundary=None)
    return {}
