"""Who is below whom, and accounts on the move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations.accounts import existing_account, view
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, Parent, at, for_readers, the_estate
from iamd.services.organizations.paging import page
from iamd.services.organizations.units import existing_parent
from iamd.store.kinds.organizations import Member, Unit
from iamd.wire.organizations_errors import (
    ChildNotFoundException,
    DestinationParentNotFoundException,
    DuplicateAccountException,
    SourceParentNotFoundException,
)


@for_readers
def existing_child(call: Call, estate: Estate, *, child_id: str) -> Target[Any]:
    child = estate.records.units.get(child_id) or estate.records.members.get(child_id)
    return missing("*", ChildNotFoundException()) if child is None else at(child)


@organizations.operation(on=existing_child)
def list_parents(
    call: Call, child: Unit | Member, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the parents of a unit or account: there is one."""
    kind = "ROOT" if child.parent_id == the_estate(call).root.id else "ORGANIZATIONAL_UNIT"
    return page("Parents", [child.parent_id], str, lambda parent: {"Id": parent, "Type": kind}, next_token, max_results)


@organizations.operation(on=existing_parent)
def list_children(
    call: Call, parent: Parent, *, child_type: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the units or the accounts directly below a parent, by id."""
    records = the_estate(call).records
    children = (records.members if child_type == "ACCOUNT" else records.units).where("parent", parent.id)
    return page(
        "Children",
        children,
        lambda child: child.id,
        lambda child: {"Id": child.id, "Type": child_type},
        next_token,
        max_results,
    )


@organizations.operation(on=existing_parent)
def list_accounts_for_parent(
    call: Call, parent: Parent, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the accounts directly below a parent."""
    estate = the_estate(call)
    members = estate.records.members.where("parent", parent.id)
    return page("Accounts", members, lambda each: each.id, lambda each: view(estate, each), next_token, max_results)


def both_parents(call: Call, member: Member) -> Iterator[Ask]:
    """Who moves an account must be allowed to do so where it is and where it goes."""
    estate = the_estate(call)
    for parent_id in (call.params["source_parent_id"], call.params["destination_parent_id"]):
        parent = estate.parent(parent_id)
        if parent is not None:
            yield Ask(call.operation.action, parent.arn, call.account_id, tags=parent.tags)


@organizations.operation(on=existing_account, also=both_parents)
def move_account(call: Call, member: Member, *, source_parent_id: str, destination_parent_id: str) -> None:
    """Move an account to another parent; what binds it there binds its next request."""
    estate = the_estate(call)
    if estate.parent(source_parent_id) is None or member.parent_id != source_parent_id:
        raise SourceParentNotFoundException()
    destination = estate.parent(destination_parent_id)
    if destination is None:
        raise DestinationParentNotFoundException()
    if destination.id == member.parent_id:
        raise DuplicateAccountException()
    estate.records.members.replace(member, parent_id=destination.id)
