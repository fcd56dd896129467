"""Invitations of accounts that exist already, and how they join.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.organizations import handshakes, quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, find_estate, for_management
from iamd.services.organizations.handshakes import ENABLE, INVITE, Shake
from iamd.services.organizations.membership import leave
from iamd.services.organizations.organization import link
from iamd.services.organizations.roots import attach_full_access
from iamd.services.organizations.tags import merged
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, organizations_arn
from iamd.wire.organizations_errors import (
    DuplicateHandshakeException,
    HandshakeConstraintViolationException,
    InvalidInputException,
)

LASTS = timedelta(days=15)


@for_management
def account_to_invite(call: Call, estate: Estate, *, target: dict[str, str]) -> Target[Any]:
    organization, named = estate.organization, target["Id"] if target["Type"] == "ACCOUNT" else "*"
    return Target(organizations_arn(organization.account_id, f"account/{organization.id}/{named}"), estate)


def tagging_account(call: Call, estate: Estate) -> Iterator[Ask]:
    """Who invites an account with tags must be allowed to tag it."""
    if call.params.get("tags"):
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"account/{organization.id}/*")
        yield Ask("organizations:TagResource", arn, call.account_id, tags=())


def invited(call: Call, party: dict[str, str]) -> str:
    """The id of the account that is named by its id or its e-mail address. Raises InvalidInputException: an account
    that this server does not have can never answer."""
    store = call.realm.store
    if party["Type"] == "ACCOUNT" and store.has_account(party["Id"]):
        return party["Id"]
    if party["Type"] == "EMAIL":
        owner = store.email_owner(party["Id"])
        if owner is not None:
            return owner
        said = "You specified an email address that is not the one of an AWS account."
        raise InvalidInputException(said, "INVALID_EMAIL_ADDRESS_TARGET")
    if party["Type"] == "ACCOUNT":
        raise InvalidInputException("You specified an account that doesn't exist.", "TARGET_NOT_SUPPORTED")
    raise InvalidInputException("You specified a party type that isn't supported.", "INVALID_PARTY_TYPE_TARGET")


def sent(call: Call, records: Records, action: str, recipient_id: str) -> Iterator[Shake]:
    """The undecided handshakes of that kind with an account."""
    for handshake in records.handshakes.where("recipient", recipient_id):
        shake = Shake(handshake, records)
        if handshake.action == action and handshakes.is_undecided(call, shake):
            yield shake


@organizations.operation(on=account_to_invite, also=tagging_account)
def invite_account_to_organization(
    call: Call,
    estate: Estate,
    *,
    target: dict[str, str],
    notes: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Ask an account to join. It may accept for 15 days; nothing is mailed."""
    recipient_id, given = invited(call, target), merged((), tags)
    records, recipient = estate.records, call.others(recipient_id).account
    if recipient.closed is not None:
        raise InvalidInputException("You specified an account that is closed.", "TARGET_NOT_SUPPORTED")
    if records.members.get(recipient_id) is not None:
        said = "The account is already a member of the organization."
        raise HandshakeConstraintViolationException(said, "ALREADY_IN_AN_ORGANIZATION")
    if any(sent(call, records, ENABLE, call.account_id)):
        said = "You can't invite accounts while the organization is in the process of enabling all features."
        raise HandshakeConstraintViolationException(said, "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES")
    if any(sent(call, records, INVITE, recipient_id)):
        raise DuplicateHandshakeException()
    _check_quota(estate)
    more = {"target_type": target["Type"], "target": target["Id"], "notes": notes, "tags": given}
    return {"Handshake": handshakes.view(call, handshakes.send(call, estate, INVITE, recipient_id, LASTS, **more))}


def _check_quota(estate: Estate) -> None:
    if len(estate.records.members) >= quotas.ACCOUNTS:
        said = "You have exceeded the allowed number of AWS accounts."
        raise HandshakeConstraintViolationException(said, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


def join(call: Call, shake: Shake) -> None:
    """Make the caller's account a member; one of another organization leaves that first, if it may."""
    present = find_estate(call)
    if present is not None:
        leave(call, present, call.account_id)
    estate = Estate(shake.organization, shake.records)
    _check_quota(estate)
    organization, account = estate.organization, call.records.account
    member = Member(
        account_id=organization.account_id,
        id=call.account_id,
        organization_id=organization.id,
        parent_id=organization.root_id,
        name=account.name or call.account_id,
        email=account.email,
        joined=call.now,
        method="INVITED",
        tags=shake.handshake.tags,
    )
    estate.records.members.add(member)
    call.records.accounts.replace(call.records.account, organization=organization.account_id)
    link(call, call.records)
    if "SERVICE_CONTROL_POLICY" in organization.policy_types:
        attach_full_access(call, estate, member.id)
