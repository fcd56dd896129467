"""What must be allowed to who brings a permission set to the account that owns the instance, or takes it from there: what
`role_making` does in IAM, done by hand.

https://docs.aws.amazon.com/singlesignon/latest/userguide/iam-auth-access-using-id-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.services.sso_admin.center import Center, to_link
from iamd.services.sso_admin.role_making import boundary_arn, policy_arns, provider_name, role_path
from iamd.store.image import Records
from iamd.store.kinds.identity_center import PermissionSet
from iamd.store.records import Role, iam_arn


def to_make(center: Center, set_: PermissionSet, target: Records, role_name: str) -> Iterator[Ask]:
    """To make the role of a set there, or to bring it up to date."""
    account_id = target.account_id
    yield from to_link(target)
    name = provider_name(center, account_id)
    if target.saml_providers.named(name) is None:
        yield Ask("iam:CreateSAMLProvider", iam_arn(account_id, f"saml-provider/{name}"), account_id)
    role: Role | None = target.roles.named(role_name)
    arn = iam_arn(account_id, f"role{role_path(center)}{role_name}") if role is None else role.arn
    label = f"role {role_name}"
    yield Ask("iam:CreateRole" if role is None else "iam:UpdateRole", arn, account_id, label)
    boundary = boundary_arn(set_, account_id)
    bounded = _bounded(boundary)
    if boundary is not None:
        yield Ask("iam:PutRolePermissionsBoundary", arn, account_id, label, context=bounded)
    for policy_arn in policy_arns(set_, account_id):
        yield Ask("iam:AttachRolePolicy", arn, account_id, label, context={**bounded, "iam:policyarn": policy_arn})
    if set_.inline is not None:
        yield Ask("iam:PutRolePolicy", arn, account_id, label, context=bounded)
    if role is not None:
        yield from _to_strip(target, role, label, boundary, policy_arns(set_, account_id), set_.inline)


def to_unmake(center: Center, target: Records, role_name: str, *, is_last: bool) -> Iterator[Ask]:
    """To remove the role of a set there and, with the last one, the provider."""
    role: Role | None = target.roles.named(role_name)
    if role is not None:
        label = f"role {role_name}"
        yield from _to_strip(target, role, label, role.boundary, (), None)
        yield Ask("iam:DeleteRole", role.arn, role.account_id, label, context=_bounded(role.boundary))
    provider = target.saml_providers.named(provider_name(center, target.account_id))
    if is_last and provider is not None:
        yield Ask("iam:DeleteSAMLProvider", provider.arn, target.account_id)


def _to_strip(
    target: Records, role: Role, label: str, boundary: str | None, policies: tuple[str, ...], inline: str | None
) -> Iterator[Ask]:
    """To take from a role what it is to have no more."""
    account_id, bounded = role.account_id, _bounded(boundary)
    if boundary is None and role.boundary is not None:
        context = _bounded(role.boundary)
        yield Ask("iam:DeleteRolePermissionsBoundary", role.arn, account_id, label, context=context)
    for attachment in target.attachments.where("owner", role.id):
        if attachment.policy_arn not in policies:
            context = {**bounded, "iam:policyarn": attachment.policy_arn}
            yield Ask("iam:DetachRolePolicy", role.arn, account_id, label, context=context)
    if inline is None and target.inline.count("owner", role.id):
        yield Ask("iam:DeleteRolePolicy", role.arn, account_id, label, context=bounded)


def _bounded(boundary: str | None) -> Context:
    return {} if boundary is None else {"iam:permissionsboundary": boundary}
