"""The resources whose tags are known here: those of IAM, by type and ARN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from iamd.services.mfa import device_with
from iamd.store.collection import Collection
from iamd.store.image import Records


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of resource: its word in ARNs, what IAM's actions call it, its records, and how an ARN's resource part
    finds one. `ignore_case`: keys of tags are the same in any case."""

    name: str
    noun: str
    collection: Callable[[Records], Collection[Any]]
    find: Callable[[Records, str], Any]
    ignore_case: bool = False


def _named(collection: Callable[[Records], Collection[Any]]) -> Callable[[Records, str], Any]:
    return lambda records, path: collection(records).named(path.rpartition("/")[2])


def _kind(name: str, noun: str, collection: Callable[[Records], Collection[Any]], *, ignore_case: bool = False) -> Kind:
    return Kind(name, noun, collection, _named(collection), ignore_case)


KINDS = {
    kind.name: kind
    for kind in (
        _kind("user", "User", lambda records: records.users, ignore_case=True),
        _kind("role", "Role", lambda records: records.roles, ignore_case=True),
        _kind("policy", "Policy", lambda records: records.policies),
        _kind("instance-profile", "InstanceProfile", lambda records: records.profiles),
        _kind("saml-provider", "SAMLProvider", lambda records: records.saml_providers),
        _kind("server-certificate", "ServerCertificate", lambda records: records.server_certificates),
        Kind(
            "mfa",
            "MFADevice",
            lambda records: records.mfa_devices,
            lambda records, path: device_with(records, f"arn:aws:iam::{records.account_id}:mfa/{path}"),
        ),
        Kind(
            "oidc-provider",
            "OpenIDConnectProvider",
            lambda records: records.oidc_providers,
            lambda records, path: records.oidc_providers.get(path),
        ),
    )
}


def kind_of(arn: str) -> Kind | None:
    """The type of the resource that an ARN names, or None when it is none of these."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam":
        return None
    return KINDS.get(parts[5].partition("/")[0])


def by_arn(records: Records, arn: str) -> Any:
    """The resource of that ARN, or None."""
    kind = kind_of(arn)
    found = None if kind is None else kind.find(records, arn.split(":", 5)[5].partition("/")[2])
    return found if found is not None and found.arn == arn else None


def tagged(records: Records) -> Iterator[Any]:
    """All resources that have tags. Hardware tokens have none, and no ARN."""
    for kind in KINDS.values():
        yield from (resource for resource in kind.collection(records) if resource.tags)
