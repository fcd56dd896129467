"""The accounts of an organization: made, described, closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamd.caller.ids import unique_id
from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.reference import managed
from iamd.services.call import Call, Reply
from iamd.services.organizations import ids, quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import (
    Estate,
    at,
    for_management,
    for_readers,
    the_estate,
    the_managed_organization,
    the_organization,
)
from iamd.services.organizations.organization import link
from iamd.services.organizations.paging import page
from iamd.services.organizations.roots import attach_full_access
from iamd.services.organizations.tags import merged
from iamd.store.image import Records
from iamd.store.kinds.organizations import AccountCreation, Member, organizations_arn
from iamd.store.records import Account, Attachment, Role, Tags, iam_arn
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import (
    AccountAlreadyClosedException,
    AccountNotFoundException,
    ConstraintViolationException,
    CreateAccountStatusNotFoundException,
)

ACCESS_ROLE = "OrganizationAccountAccessRole"
_TOO_MANY = "You have exceeded the allowed number of AWS accounts."


def view(estate: Estate, member: Member) -> dict[str, Any]:
    """The `Account` structure. `Status`, which AWS is giving up for `State`, calls a closed account suspended."""
    return {
        "Id": member.id,
        "Arn": member.arn,
        "Email": member.email or None,
        "Name": member.name,
        "Status": "SUSPENDED" if member.closed else "ACTIVE",
        "State": "CLOSED" if member.closed else "ACTIVE",
        "Paths": [estate.path(member)],
        "JoinedMethod": member.method,
        "JoinedTimestamp": member.joined,
    }


def creation_view(creation: AccountCreation) -> dict[str, Any]:
    """The `CreateAccountStatus` structure."""
    return {
        "Id": creation.id,
        "AccountName": creation.name,
        "State": creation.state,
        "RequestedTimestamp": creation.requested,
        "CompletedTimestamp": creation.completed,
        "AccountId": creation.created_id,
        "FailureReason": creation.failure,
    }


def found_account(estate: Estate, account_id: str) -> Target[Any]:
    """The account of that id among the organization's."""
    member = estate.records.members.get(account_id)
    if member is None:
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"account/{organization.id}/{account_id}")
        return missing(arn, AccountNotFoundException())
    return at(member)


@for_management
def existing_account(call: Call, estate: Estate, *, account_id: str) -> Target[Any]:
    return found_account(estate, account_id)


@for_readers
def readable_account(call: Call, estate: Estate, *, account_id: str) -> Target[Any]:
    return found_account(estate, account_id)


def tagging_account(call: Call, estate: Estate) -> Iterator[Ask]:
    """Who creates an account with tags must be allowed to tag it."""
    if call.params.get("tags"):
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"account/{organization.id}/*")
        yield Ask("organizations:TagResource", arn, call.account_id, tags=())


async def free_account_id(call: Call) -> str:
    """An id that no account of this server has; made once, however often the rest is done again."""
    while call.realm.store.has_account(made := ids.account_id()):
        pass
    return made


@organizations.operation(on=the_managed_organization, also=tagging_account, prepare=free_account_id)
def create_account(
    call: Call,
    estate: Estate,
    *,
    email: str,
    account_name: str,
    role_name: str = ACCESS_ROLE,
    iam_user_access_to_billing: str = "ALLOW",  # of the billing console, which there is not
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Make an account with a root user, which has no credentials yet, and a role for the management account.

    It is there when this is answered. The answer says IN_PROGRESS all the same, as clients expect it, and an address
    that is in use makes the request fail later. https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    """
    given = merged((), tags)
    records = estate.records
    quotas.check(len(records.members), quotas.ACCOUNTS, "ACCOUNT_NUMBER_LIMIT_EXCEEDED", _TOO_MANY)
    taken = call.realm.store.email_owner(email) is not None
    creation = AccountCreation(
        account_id=records.account_id,
        id=ids.creation_id(),
        name=account_name,
        state="FAILED" if taken else "SUCCEEDED",
        requested=call.now,
        completed=call.now,
        created_id=None if taken else call.prepared,
        failure="EMAIL_ALREADY_EXISTS" if taken else None,
    )
    records.account_creations.add(creation)
    if not taken:
        _create(call, estate, email, account_name, given)
        _give_access(call, call.prepared, role_name)
    begun = {"Id": creation.id, "AccountName": account_name, "State": "IN_PROGRESS", "RequestedTimestamp": call.now}
    return {"CreateAccountStatus": begun}


def _create(call: Call, estate: Estate, email: str, name: str, tags: Tags) -> None:
    """The account itself, at the root of the organization."""
    organization, created_id = estate.organization, call.prepared
    if call.change is None:
        raise InternalFailure()
    created = call.change.create(created_id)
    created.accounts.add(Account(created_id, call.now, name, email, organization=organization.account_id))
    link(call, created)
    member = Member(
        account_id=organization.account_id,
        id=created_id,
        organization_id=organization.id,
        parent_id=organization.root_id,
        name=name,
        email=email,
        joined=call.now,
        method="CREATED",
        tags=tags,
    )
    estate.records.members.add(member)
    if "SERVICE_CONTROL_POLICY" in organization.policy_types:
        attach_full_access(call, estate, member.id)


def _give_access(call: Call, created_id: str, role_name: str) -> None:
    """The role by which principals of the management account administer the account."""
    created: Records = call.others(created_id)
    trusted = {"AWS": iam_arn(call.account_id, "root")}
    statement = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    role = Role(created_id, unique_id("AROA"), role_name, "/", call.now, trust)
    created.roles.add(role)
    created.attachments.add(Attachment(created_id, role.id, f"{managed.PREFIX}/AdministratorAccess", call.now))


@for_readers
def existing_creation(call: Call, estate: Estate, *, create_account_request_id: str) -> Target[Any]:
    creation = estate.records.account_creations.get(create_account_request_id)
    return Target("*", creation, missing=None if creation else CreateAccountStatusNotFoundException())


@organizations.operation(on=existing_creation)
def describe_create_account_status(call: Call, creation: AccountCreation) -> Reply:
    """Tell what became of a request to create an account."""
    return {"CreateAccountStatus": creation_view(creation)}


@organizations.operation(on=the_organization)
def list_create_account_status(
    call: Call,
    estate: Estate,
    *,
    states: list[str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List the requests to create accounts, in the states that are asked for."""
    wanted = [each for each in estate.records.account_creations if not states or each.state in states]
    return page("CreateAccountStatuses", wanted, lambda each: each.id, creation_view, next_token, max_results)


@organizations.operation(on=readable_account)
def describe_account(call: Call, member: Member) -> Reply:
    """Describe an account of the organization."""
    return {"Account": view(the_estate(call), member)}


@organizations.operation(on=the_organization)
def list_accounts(
    call: Call, estate: Estate, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the accounts of the organization, by id."""
    members = estate.records.members.sorted()
    return page("Accounts", members, lambda each: each.id, lambda each: view(estate, each), next_token, max_results)


@organizations.operation(on=existing_account)
def close_account(call: Call, member: Member) -> None:
    """Close a member account: nobody may use it any more.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
    """
    if member.id == member.account_id:
        reason = "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
        raise ConstraintViolationException("You can't close the management account of an organization.", reason)
    if member.closed:
        raise AccountAlreadyClosedException()
    members = the_estate(call).records.members
    lately = sum(1 for each in members if each.closed and call.now - each.closed < quotas.CLOSURE_PERIOD)
    allowed = max(quotas.CLOSURES_AT_LEAST, min(len(members) // 5, quotas.CLOSURES_AT_MOST))
    too_many = "You have exceeded the number of accounts that you can close in 30 days."
    quotas.check(lately, allowed, "CLOSE_ACCOUNT_QUOTA_EXCEEDED", too_many)
    members.replace(member, closed=call.now)
    accounts = call.others(member.id).accounts
    accounts.replace(call.others(member.id).account, closed=call.now)


@organizations.operation(on=the_managed_organization, also=tagging_account)
def create_gov_cloud_account(
    call: Call,
    estate: Estate,
    *,
    email: str,
    account_name: str,
    role_name: str = ACCESS_ROLE,
    iam_user_access_to_billing: str = "ALLOW",
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Refuse, as AWS does to an organization whose management account has no counterpart in AWS GovCloud (US)."""
    said = "The management account must have an associated account in the AWS GovCloud (US-West) Region."
    raise ConstraintViolationException(said, "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED")
