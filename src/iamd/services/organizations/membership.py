"""Accounts that leave an organization, of their own will or not."""

from __future__ import annotations

from iamd.guard.target import Target
from iamd.services.call import Call
from iamd.services.organizations import quotas
from iamd.services.organizations.accounts import existing_account
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, for_members, the_estate
from iamd.services.sso_admin import removal as identity_center
from iamd.store.kinds.organizations import Member
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import ConstraintViolationException, MasterCannotLeaveOrganizationException


@for_members
def our_membership(call: Call, estate: Estate) -> Target[Member]:
    """The caller's account as a member; nothing is decided on but the action."""
    member = estate.records.members.get(call.account_id)
    if member is None:
        raise InternalFailure()
    return Target("*", member)


@organizations.operation(on=existing_account)
def remove_account_from_organization(call: Call, member: Member) -> None:
    """Make a member account stand alone."""
    leave(call, the_estate(call), member.id)


@organizations.operation(on=our_membership)
def leave_organization(call: Call, member: Member) -> None:
    """Take the caller's own account out of its organization."""
    leave(call, the_estate(call), member.id)


def leave(call: Call, estate: Estate, account_id: str) -> None:
    """End a membership.

    A created account must be four days old; what else AWS asks of it, such as a means of payment, nobody needs here.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html
    """
    records = estate.records
    member = records.members.get(account_id)
    if member is None:
        raise InternalFailure()
    if member.id == member.account_id:
        raise MasterCannotLeaveOrganizationException()
    if records.delegated_administrators.count("delegate", member.id):
        said = "The account is a delegated administrator: deregister it first."
        raise ConstraintViolationException(said, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    if member.method == "CREATED" and call.now - member.joined < quotas.MINIMUM_AGE:
        said = "A created account can be removed only when it is at least four days old."
        raise ConstraintViolationException(said, "WAIT_PERIOD_ACTIVE")
    for attachment in records.policy_attachments.where("target", member.id):
        records.policy_attachments.remove(attachment)
    records.members.remove(member)
    leaver = call.others(member.id)
    identity_center.leave(call, records, leaver)
    leaver.accounts.replace(leaver.account, organization=None)
