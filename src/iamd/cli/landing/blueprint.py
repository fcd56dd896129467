"""The file that describes an organization: https://yaml.org, of mappings, lists and texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from iamd.cli import Failure
from iamd.cli.guardrails.library import TYPES, guardrail
from iamd.cli.policytests.yaml_text import BadFile, read

Document = dict[str, Any]
MANAGEMENT = "management"


class Policy(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A policy: its `document`, or the `file` that it is in, or a `guardrail` with its parameters `set`."""

    type: str = "SERVICE_CONTROL_POLICY"
    description: str = ""
    document: Document | None = None
    file: str | None = None
    guardrail: str | None = None
    set: dict[str, str | list[str]] = {}


class Identity(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A user: what it may do."""

    managed_policies: list[str] = []
    inline_policies: dict[str, Document] = {}


class Role(Identity, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A role: who may assume it (a trust policy, or `management`: whom the management account lets), and what it may
    do."""

    trust: Document | str


class Identities(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The users and roles of an account, by name."""

    users: dict[str, Identity] = {}
    roles: dict[str, Role] = {}


class Account(Identities, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A member account, known by its address; `policies` are attached to it."""

    email: str
    policies: list[str] = []


class Unit(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The root or a unit: the policies attached to it, and what is in it, by name."""

    policies: list[str] = []
    units: dict[str, Unit] = {}
    accounts: dict[str, Account] = {}


class Blueprint(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The whole file."""

    root: Unit = msgspec.field(default_factory=Unit)
    policy_types: list[str] = []
    trusted_services: list[str] = []
    policies: dict[str, Policy] = {}
    management: Identities = msgspec.field(default_factory=Identities)


def read_blueprint(file: Path) -> Blueprint:
    """The file, checked; files that policies are in are read. Raises Failure, with what is wrong and where."""
    try:
        blueprint = msgspec.convert(read(file.read_text("utf-8")), Blueprint)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    except BadFile as error:
        raise Failure(f"{file}:{error.line}: {error}") from None
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {error}") from None
    for name, policy in blueprint.policies.items():
        _complete(name, policy, file.parent)
    _check_names(blueprint, blueprint.root, "root")
    return blueprint


def _complete(name: str, policy: Policy, folder: Path) -> None:
    if sum(each is not None for each in (policy.document, policy.file, policy.guardrail)) != 1:
        raise Failure(f"policy {name}: give it one of document, file and guardrail")
    if policy.file is not None:
        try:
            policy.document = json.loads((folder / policy.file).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Failure(f"policy {name}: {policy.file}: {error}") from None
    if policy.guardrail is not None:
        chosen = guardrail(policy.guardrail)
        values = {key: value if isinstance(value, str) else ",".join(value) for key, value in policy.set.items()}
        policy.type, policy.document = TYPES[chosen.type], chosen.document(values)
        policy.description = policy.description or chosen.title
        missing = [key for key in chosen.parameters if key not in values]
        if missing:
            raise Failure(f"policy {name}: guardrail {chosen.name} needs `set: {{{missing[0]}: ...}}`")


def _check_names(blueprint: Blueprint, unit: Unit, place: str) -> None:
    accounts = [(f"{place}/{name}", account.policies) for name, account in unit.accounts.items()]
    for where, policies in [(place, unit.policies), *accounts]:
        unknown = next((policy for policy in policies if policy not in blueprint.policies), None)
        if unknown is not None:
            raise Failure(f"{where}: there is no policy {unknown} in the file")
    for name, child in unit.units.items():
        _check_names(blueprint, child, f"{place}/{name}")
