"""What a permission set is in an account: a role, and a SAML provider that it trusts.

Nobody holds a key of that provider: people come to the role by the access portal alone, which AssumeRoleWithSAML does not
replace. https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from iamd.caller.ids import unique_id
from iamd.services.iam.reserved import PATH, ROLE_NAME
from iamd.services.iam.saml_providers import new_id, valid_until
from iamd.services.sso_admin.center import SERVICE, Center, link
from iamd.services.sso_admin.done import Done
from iamd.store.image import Records
from iamd.store.kinds.federation import SamlProvider
from iamd.store.kinds.identity_center import PermissionSet
from iamd.store.records import Attachment, InlinePolicy, Role, iam_arn

INLINE_POLICY = "AwsSSOInlinePolicy"
LONGEST_SESSION = 12 * 3600  # of all roles of the service; a set's own duration is the portal's business
_AUDIENCE = "https://signin.aws.amazon.com/saml"
_METADATA = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{portal}/saml/assertion/{name}">'
    '<md:IDPSSODescriptor WantAuthnRequestsSigned="false" '
    'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<md:SingleLogoutService Binding="{binding}POST" Location="{portal}/saml/logout/{name}"/>'
    '<md:SingleLogoutService Binding="{binding}Redirect" Location="{portal}/saml/logout/{name}"/>'
    "<md:NameIDFormat/>"
    '<md:SingleSignOnService Binding="{binding}POST" Location="{portal}/saml/assertion/{name}"/>'
    '<md:SingleSignOnService Binding="{binding}Redirect" Location="{portal}/saml/assertion/{name}"/>'
    "</md:IDPSSODescriptor></md:EntityDescriptor>"
)


def role_path(center: Center) -> str:
    """The path of an instance's roles, with its region unless that is us-east-1."""
    region = center.instance.region
    return f"{PATH}{SERVICE}/" if region == "us-east-1" else f"{PATH}{SERVICE}/{region}/"


def new_role_name(set_: PermissionSet) -> str:
    return f"{ROLE_NAME}{set_.name}_{secrets.token_hex(8)}"


def provider_name(center: Center, account_id: str) -> str:
    """The name of the instance's provider in an account: the same each time."""
    digest = sha256(f"{center.instance.id}/{account_id}".encode()).hexdigest()
    return f"AWSSSO_{digest[:16]}_DO_NOT_DELETE"


def provider(center: Center, target: Records, now: datetime) -> Iterator[Done]:
    """Make the provider in an account that has none."""
    name = provider_name(center, target.account_id)
    if target.saml_providers.named(name) is not None:
        return
    portal = f"https://portal.sso.{center.instance.region}.amazonaws.com"
    metadata = _METADATA.format(portal=portal, name=name, binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-")
    target.saml_providers.add(SamlProvider(target.account_id, new_id("SAMLSP"), name, now, metadata, valid_until(now)))
    yield Done("CreateSAMLProvider", {"name": name, "saml_metadata_document": metadata})


def _trust(center: Center, account_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": iam_arn(account_id, f"saml-provider/{provider_name(center, account_id)}")},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": _AUDIENCE}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def policy_arns(set_: PermissionSet, account_id: str) -> tuple[str, ...]:
    """The managed policies that the role has in that account."""
    own = (iam_arn(account_id, f"policy{path}{name}") for path, name in set_.customer_managed)
    return (*set_.managed, *own)


def boundary_arn(set_: PermissionSet, account_id: str) -> str | None:
    """The role's boundary in that account."""
    if set_.boundary is None or set_.boundary.startswith("arn:"):
        return set_.boundary
    return iam_arn(account_id, f"policy{set_.boundary}")


def lacking(set_: PermissionSet, target: Records) -> str | None:
    """The ARN of a policy that the account has to have, and has not."""
    names = [*set_.customer_managed]
    if set_.boundary is not None and not set_.boundary.startswith("arn:"):
        path, slash, name = set_.boundary.rpartition("/")
        names.append((path + slash, name))
    for path, name in names:
        policy = target.policies.named(name)
        if policy is None or (policy.path, policy.name) != (path, name):
            return iam_arn(target.account_id, f"policy{path}{name}")
    return None


def make(center: Center, set_: PermissionSet, target: Records, role_name: str, now: datetime) -> Iterator[Done]:
    """Make the role of a set in an account, or bring it up to date; the policies that it needs are there."""
    link(target, now)
    yield from provider(center, target, now)
    boundary = boundary_arn(set_, target.account_id)
    role = target.roles.named(role_name)
    named = {"role_name": role_name}
    if role is None:
        role = Role(
            account_id=target.account_id,
            id=unique_id("AROA"),
            name=role_name,
            path=role_path(center),
            created=now,
            trust=_trust(center, target.account_id),
            description=set_.description,
            max_session=LONGEST_SESSION,
            boundary=boundary,
        )
        target.roles.add(role)
        yield Done("CreateRole", {**named, "path": role.path, "assume_role_policy_document": role.trust})
        if boundary is not None:
            yield Done("PutRolePermissionsBoundary", {**named, "permissions_boundary": boundary})
    else:
        yield from _update(target, role, set_.description, boundary)
    yield from _attach(set_, target, role, now)
    yield from _put_inline(set_, target, role)


def _update(target: Records, role: Role, description: str | None, boundary: str | None) -> Iterator[Done]:
    target.roles.replace(role, description=description, boundary=boundary)
    named = {"role_name": role.name}
    if role.description != description:
        yield Done("UpdateRole", {**named, "description": description or ""})
    if boundary is None and role.boundary is not None:
        yield Done("DeleteRolePermissionsBoundary", named)
    elif boundary is not None and role.boundary != boundary:
        yield Done("PutRolePermissionsBoundary", {**named, "permissions_boundary": boundary})


def _attach(set_: PermissionSet, target: Records, role: Role, now: datetime) -> Iterator[Done]:
    wanted = policy_arns(set_, target.account_id)
    present = {each.policy_arn: each for each in target.attachments.where("owner", role.id)}
    for arn, attachment in present.items():
        if arn not in wanted:
            target.attachments.remove(attachment)
            yield Done("DetachRolePolicy", {"role_name": role.name, "policy_arn": arn})
    for arn in wanted:
        if arn not in present:
            target.attachments.add(Attachment(target.account_id, role.id, arn, now))
            yield Done("AttachRolePolicy", {"role_name": role.name, "policy_arn": arn})


def _put_inline(set_: PermissionSet, target: Records, role: Role) -> Iterator[Done]:
    present = next(iter(target.inline.where("owner", role.id)), None)
    named = {"role_name": role.name, "policy_name": INLINE_POLICY}
    if set_.inline is None:
        if present is not None:
            target.inline.remove(present)
            yield Done("DeleteRolePolicy", named)
    elif present is None or present.document != set_.inline:
        if present is not None:
            target.inline.remove(present)
        target.inline.add(InlinePolicy(target.account_id, role.id, INLINE_POLICY, set_.inline))
        yield Done("PutRolePolicy", {**named, "policy_document": set_.inline})


def unmake(target: Records, role_name: str) -> Iterator[Done]:
    """Remove the role of a set from an account, and what it may do; sessions lose it at once."""
    role = target.roles.named(role_name)
    if role is None:
        return
    named = {"role_name": role_name}
    for attachment in target.attachments.where("owner", role.id):
        target.attachments.remove(attachment)
        yield Done("DetachRolePolicy", {**named, "policy_arn": attachment.policy_arn})
    for inline in target.inline.where("owner", role.id):
        target.inline.remove(inline)
        yield Done("DeleteRolePolicy", {**named, "policy_name": inline.name})
    target.roles.remove(role)
    yield Done("DeleteRole", named)


def unmake_provider(center: Center, target: Records) -> Iterator[Done]:
    """Remove the instance's provider from an account that has none of its roles any more."""
    found = target.saml_providers.named(provider_name(center, target.account_id))
    if found is not None:
        target.saml_providers.remove(found)
        yield Done("DeleteSAMLProvider", {"saml_provider_arn": found.arn})
