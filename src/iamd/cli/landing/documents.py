"""What the endpoint would refuse of a file, told before the first step is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamd.cli import Failure
from iamd.cli.landing.blueprint import MANAGEMENT, Blueprint, Identities, Unit
from iamd.policy import Kind, MalformedPolicy, parse
from iamd.services.organizations import quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.content import stored
from iamd.wire.errors import AwsError

_KINDS = {"SERVICE_CONTROL_POLICY": Kind.SCP, "RESOURCE_CONTROL_POLICY": Kind.RCP}


def check(blueprint: Blueprint) -> None:
    """Raises Failure for the first thing in the file that cannot be made."""
    _check_types(blueprint)
    for name, policy in blueprint.policies.items():
        text = json.dumps(policy.document)
        if policy.type in _KINDS:
            _parse(f"policy {name}", text, _KINDS[policy.type])
        try:
            stored(policy.type, text)
        except AwsError as error:
            raise Failure(f"policy {name}: {error.message}") from None
    _check_tree(blueprint.root)
    for path, identities in _inhabited(blueprint.root, "root"):
        _check_identities(path, identities)
    _check_identities("management", blueprint.management)


def _check_types(blueprint: Blueprint) -> None:
    members = {each.name: each for each in organizations.model.operations["EnablePolicyType"].inputs}
    known = members["PolicyType"].shape.enum
    for type_ in [*blueprint.policy_types, *(each.type for each in blueprint.policies.values())]:
        if type_ not in known:
            raise Failure(f"{type_} is no type of policy: there are {', '.join(known)}")


def _check_tree(root: Unit) -> None:
    addresses: dict[str, str] = {}
    for path, unit in _units(root, "root"):
        if path.count("/") > quotas.UNIT_DEPTH:
            raise Failure(f"{path}: units are nested {quotas.UNIT_DEPTH} deep at most")
        for name, account in unit.accounts.items():
            first = addresses.setdefault(account.email.lower(), f"{path}/{name}")
            if first != f"{path}/{name}":
                raise Failure(f"{first} and {path}/{name} have the same address: an account is known by it")


def _units(unit: Unit, path: str) -> Iterator[tuple[str, Unit]]:
    yield path, unit
    for name, child in unit.units.items():
        yield from _units(child, f"{path}/{name}")


def _inhabited(root: Unit, path: str) -> Iterator[tuple[str, Identities]]:
    for place, unit in _units(root, path):
        for name, account in unit.accounts.items():
            yield f"{place}/{name}", account


def _check_identities(path: str, identities: Identities) -> None:
    for name, role in identities.roles.items():
        if isinstance(role.trust, str):
            if role.trust != MANAGEMENT:
                raise Failure(f"role {path}/{name}: trust is a policy document, or `{MANAGEMENT}`")
        else:
            _parse(f"role {path}/{name}: trust", json.dumps(role.trust), Kind.TRUST)
    for kind, named in (("user", identities.users), ("role", identities.roles)):
        for name, identity in named.items():
            for policy, document in identity.inline_policies.items():
                _parse(f"{kind} {path}/{name}: policy {policy}", json.dumps(document), Kind.IDENTITY)


def _parse(what: str, text: str, kind: Kind) -> Any:
    try:
        return parse(text, kind)
    except MalformedPolicy as error:
        raise Failure(f"{what}: {error.problems[0].detail or error}") from None
