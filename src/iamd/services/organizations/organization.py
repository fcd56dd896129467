"""The organization itself: made by the account that is to manage it, described to all of its accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, nothing
from iamd.reference import linked_roles
from iamd.services.call import Call, Reply
from iamd.services.iam.service_linked_roles import linked_role
from iamd.services.organizations import ids
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, our_organization
from iamd.services.sso_admin.center import offer
from iamd.store.image import Records
from iamd.store.kinds.organizations import ALL_FEATURES, Member, Organization
from iamd.store.records import iam_arn
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import AlreadyInOrganizationException

SERVICE = "organizations.amazonaws.com"


def view(estate: Estate) -> dict[str, Any]:
    """The `Organization` structure. AWS tells no other policy type in it than that of SCPs, enabled or not."""
    organization = estate.organization
    management = estate.records.members.get(organization.account_id)
    if management is None:
        raise InternalFailure()
    types = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}] if estate.has_all_features else []
    return {
        "Id": organization.id,
        "Arn": organization.arn,
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": management.arn,
        "MasterAccountId": management.id,
        "MasterAccountEmail": management.email or None,
        "AvailablePolicyTypes": types,
    }


def no_organization_yet(call: Call) -> Target[None]:
    return nothing()


def linking(call: Call, _: None) -> Iterator[Ask]:
    """Who makes an organization must be allowed to make its service's role, unless there is one."""
    linked = linked_roles.get(SERVICE)
    if linked is not None and call.records.roles.named(linked.name) is None:
        arn = iam_arn(call.account_id, f"role{linked.path}{linked.name}")
        yield Ask("iam:CreateServiceLinkedRole", arn, call.account_id, context={"iam:awsservicename": SERVICE})


def link(call: Call, records: Records) -> None:
    """Make the role of the Organizations service in an account that has none."""
    linked = linked_roles.get(SERVICE)
    if linked is not None and records.roles.named(linked.name) is None:
        linked_role(records, linked, linked.name, call.now)


@organizations.operation(on=no_organization_yet, also=linking)
def create_organization(call: Call, _: None, *, feature_set: str = ALL_FEATURES) -> Reply:
    """Make the caller's account the management account of a new organization.

    No policy type is enabled on its root. With all features there is an Identity Center instance, which nobody uses yet.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html
    """
    records, account = call.records, call.records.account
    if account.organization is not None:
        raise AlreadyInOrganizationException()
    organization = Organization(call.account_id, ids.organization_id(), ids.root_id(), call.now, feature_set)
    records.organizations.add(organization)
    records.members.add(
        Member(
            account_id=call.account_id,
            id=call.account_id,
            organization_id=organization.id,
            parent_id=organization.root_id,
            name=account.name or call.account_id,
            email=account.email,
            joined=call.now,
            method="INVITED",
        )
    )
    records.accounts.replace(account, organization=call.account_id)
    link(call, records)
    if feature_set == ALL_FEATURES and not len(records.identity_centers):
        offer(records, call.realm.region, call.now)
    return {"Organization": view(Estate(organization, records))}


@organizations.operation(on=our_organization)
def describe_organization(call: Call, estate: Estate) -> Reply:
    """Describe the organization that the caller's account is in."""
    return {"Organization": view(estate)}
