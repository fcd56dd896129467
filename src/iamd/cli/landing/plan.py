"""What it takes to come from what there is to what the file describes. Nothing is ever removed.

A plan is a list of steps, in an order in which each can be done: policies are attached last, so that none locks out who
is still at work. Ids of what a step makes are known when it is done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from iamd.cli import Failure
from iamd.cli.connection import Client, pages
from iamd.cli.landing.blueprint import Account, Blueprint, Unit

ROOT = "root"
_WAIT = 2.0  # seconds between two looks at an account in the making


@dataclass(frozen=True, slots=True)
class Step:
    """One change: what it is, for people, and how it is made."""

    text: str
    do: Callable[[], object]


@dataclass(slots=True)
class Place:
    """The organization: clients of Organizations and the Account service in its management account, and the ids of what
    is in it, by `root/Work/Team`."""

    client: Client
    account: Client
    ids: dict[str, str] = field(default_factory=dict)
    policy_ids: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)  # account ids by address
    names: dict[str, str] = field(default_factory=dict)  # of the accounts, by id
    management: str = ""
    root: dict[str, Any] = field(default_factory=dict)


def structure(place: Place, blueprint: Blueprint) -> Iterator[Step]:
    """The organization, its policy types and services, policies, units and accounts."""
    yield from _organization(place)
    enabled = _enabled(place)
    for service in _untrusted(place, blueprint):
        yield Step(f"trust {service}", partial(place.client.enable_aws_service_access, ServicePrincipal=service))
    for type_ in blueprint.policy_types:
        if type_ not in enabled:
            yield Step(
                f"enable policies of type {type_}",
                partial(_enable, place, type_),
            )
    for name in blueprint.policies:
        yield from _policy(place, blueprint, name)
    yield from _contents(place, blueprint.root, ROOT)


def _organization(place: Place) -> Iterator[Step]:
    client = place.client
    try:
        place.management = client.describe_organization()["Organization"]["MasterAccountId"]
    except client.exceptions.AWSOrganizationsNotInUseException:
        yield Step("create the organization", partial(_create_organization, place))
    else:
        _look(place)
        members = list(pages(client, "list_accounts", "Accounts"))
        place.addresses.update({each["Email"].lower(): each["Id"] for each in members if each.get("Email")})
        place.names.update({each["Id"]: each["Name"] for each in members})


def _create_organization(place: Place) -> None:
    place.client.create_organization(FeatureSet="ALL")
    _look(place)


def _enabled(place: Place) -> set[str]:
    """The types of policies that take effect."""
    return {each["Type"] for each in place.root.get("PolicyTypes", ())}


def _enable(place: Place, type_: str) -> None:
    place.client.enable_policy_type(RootId=place.ids[ROOT], PolicyType=type_)


def _attach(place: Place, policy: str, target: str) -> None:
    place.client.attach_policy(PolicyId=place.policy_ids[policy], TargetId=place.ids[target])


def _look(place: Place) -> None:
    place.root = place.client.list_roots()["Roots"][0]
    place.ids[ROOT] = place.root["Id"]


def _untrusted(place: Place, blueprint: Blueprint) -> list[str]:
    if not place.root or not blueprint.trusted_services:
        return blueprint.trusted_services
    listed = pages(place.client, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
    present = {each["ServicePrincipal"] for each in listed}
    return [service for service in blueprint.trusted_services if service not in present]


def _policy(place: Place, blueprint: Blueprint, name: str) -> Iterator[Step]:
    wanted, client = blueprint.policies[name], place.client
    content = json.dumps(wanted.document, separators=(",", ":"), ensure_ascii=False)
    listed = pages(client, "list_policies", "Policies", Filter=wanted.type) if place.root else ()
    present = next((each for each in listed if each["Name"] == name), None)

    def create() -> None:
        asked = {"Name": name, "Description": wanted.description, "Type": wanted.type, "Content": content}
        place.policy_ids[name] = client.create_policy(**asked)["Policy"]["PolicySummary"]["Id"]

    if present is None:
        yield Step(f"create policy {name}", create)
        return
    id = place.policy_ids[name] = present["Id"]
    changes = {}
    stored = json.loads(client.describe_policy(PolicyId=id)["Policy"]["Content"])
    if comparable(stored) != comparable(wanted.document):
        changes["Content"] = content
    if wanted.description and wanted.description != present.get("Description"):
        changes["Description"] = wanted.description
    if changes:
        yield Step(f"change policy {name}", partial(client.update_policy, PolicyId=id, **changes))


def comparable(document: Any) -> Any:
    """The document with a version, and statements in a list, as some are stored."""
    if isinstance(document, dict) and isinstance(document.get("Statement"), dict):
        document = {**document, "Statement": [document["Statement"]]}
    return {"Version": "2008-10-17", **document} if "Statement" in document else document


def _contents(place: Place, unit: Unit, path: str) -> Iterator[Step]:
    """The units and accounts below a unit; those that are there are found by name and by address."""
    known = {}
    if path in place.ids and unit.units:
        listed = pages(
            place.client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=place.ids[path]
        )
        known = {each["Name"]: each["Id"] for each in listed}
    for name, account in unit.accounts.items():
        yield from _account(place, f"{path}/{name}", path, name, account)
    for name, child in unit.units.items():
        inner = f"{path}/{name}"
        if name in known:
            place.ids[inner] = known[name]
        else:
            yield Step(f"create unit {inner}", partial(_create_unit, place, path, name, inner))
        yield from _contents(place, child, inner)


def _create_unit(place: Place, parent: str, name: str, path: str) -> None:
    made = place.client.create_organizational_unit(ParentId=place.ids[parent], Name=name)
    place.ids[path] = made["OrganizationalUnit"]["Id"]


def _account(place: Place, path: str, parent: str, name: str, account: Account) -> Iterator[Step]:
    present = place.addresses.get(account.email.lower())
    if present is None:
        yield Step(
            f"create account {path} ({account.email})", lambda: _create_account(place, path, name, account.email)
        )
        if parent != ROOT:
            yield Step(f"move account {path}", lambda: _move(place, path, parent))
        return
    place.ids[path] = present
    if name != place.names[present]:
        renamed = partial(_rename, place, present, name)
        yield Step(f"rename account {place.names[present]} to {name}", renamed)
    if _parent(place, path) != place.ids.get(parent):
        yield Step(f"move account {path}", lambda: _move(place, path, parent))


def _create_account(place: Place, path: str, name: str, email: str) -> None:
    status = place.client.create_account(Email=email, AccountName=name)["CreateAccountStatus"]
    while True:
        request = status["Id"]
        status = place.client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        if status["State"] == "FAILED":
            raise Failure(f"account {path} could not be made: {status['FailureReason']}")
        if status["State"] == "SUCCEEDED":
            place.ids[path] = status["AccountId"]
            return
        time.sleep(_WAIT)


def _parent(place: Place, path: str) -> str:
    return str(place.client.list_parents(ChildId=place.ids[path])["Parents"][0]["Id"])


def _move(place: Place, path: str, parent: str) -> None:
    source = _parent(place, path)
    place.client.move_account(AccountId=place.ids[path], SourceParentId=source, DestinationParentId=place.ids[parent])


def _rename(place: Place, account: str, name: str) -> None:
    named = {} if account == place.management else {"AccountId": account}
    try:
        place.account.put_account_name(**named, AccountName=name)
    except place.account.exceptions.AccessDeniedException as error:
        raise Failure(f"{error}: does the file trust account.amazonaws.com (trustedServices)?") from error


def attachments(place: Place, blueprint: Blueprint, unit: Unit, path: str = ROOT) -> Iterator[Step]:
    """What is attached to the root, a unit and all below it."""
    named = [(path, unit.policies), *((f"{path}/{name}", each.policies) for name, each in unit.accounts.items())]
    for target, policies in named:
        for policy in policies:
            type_ = blueprint.policies[policy].type
            if type_ not in blueprint.policy_types and type_ not in _enabled(place):
                raise Failure(f"{target}: policy {policy} has no effect: add {type_} to policyTypes")
            if not _is_attached(place, type_, policy, target):
                yield Step(
                    f"attach policy {policy} to {target}",
                    partial(_attach, place, policy, target),
                )
    for name, child in unit.units.items():
        yield from attachments(place, blueprint, child, f"{path}/{name}")


def _is_attached(place: Place, type_: str, policy: str, target: str) -> bool:
    if policy not in place.policy_ids or target not in place.ids:
        return False
    listed = pages(place.client, "list_policies_for_target", "Policies", TargetId=place.ids[target], Filter=type_)
    return any(each["Id"] == place.policy_ids[policy] for each in listed)
