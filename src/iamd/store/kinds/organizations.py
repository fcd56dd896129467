"""An organization: its root, units, accounts and policies, all records of its management account.

Every account's own record names the management account (`Account.organization`). Ids are AWS's; nodes (the root, units,
accounts) refer to their parent by its id. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags

ALL_FEATURES = "ALL"


def organizations_arn(management_id: str, resource: str) -> str:
    return f"arn:{PARTITION}:organizations::{management_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Organization:
    """The organization that the account manages, with its one root. `policy_types` are those enabled on the root,
    `root_features` those for the root users of member accounts."""

    account_id: str
    id: str  # "o-..."
    root_id: str  # "r-..."
    created: datetime
    feature_set: str = ALL_FEATURES
    policy_types: tuple[str, ...] = ()
    root_tags: Tags = ()
    root_features: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return organizations_arn(self.account_id, f"organization/{self.id}")

    @property
    def root_arn(self) -> str:
        return organizations_arn(self.account_id, f"root/{self.id}/{self.root_id}")


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit."""

    account_id: str
    id: str  # "ou-..."
    organization_id: str
    parent_id: str
    name: str
    created: datetime
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return organizations_arn(self.account_id, f"ou/{self.organization_id}/{self.id}")


@dataclass(frozen=True, slots=True)
class Member:
    """An account of the organization, the management account included; `name` and `email` are also in its own record.

    `method` is how it joined, CREATED or INVITED; `closed` is when it was closed.
    """

    account_id: str
    id: str
    organization_id: str
    parent_id: str
    name: str
    email: str
    joined: datetime
    method: str
    closed: datetime | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return organizations_arn(self.account_id, f"account/{self.organization_id}/{self.id}")


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of any type; those of AWS's own are no records."""

    account_id: str
    id: str  # "p-..."
    organization_id: str
    type: str  # "SERVICE_CONTROL_POLICY"
    name: str
    description: str
    content: str
    created: datetime
    tags: Tags = ()
    updated: datetime | None = None  # its content

    @property
    def arn(self) -> str:
        return organizations_arn(self.account_id, f"policy/{self.organization_id}/{self.type.lower()}/{self.id}")


@dataclass(frozen=True, slots=True)
class PolicyAttachment:
    """A policy, of the organization or of AWS, attached to the root, a unit or an account."""

    account_id: str
    policy_id: str
    target_id: str
    attached: datetime


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The organization's own policy, by which member accounts are delegated the management of policies."""

    account_id: str
    id: str  # "rp-..."
    organization_id: str
    content: str
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return organizations_arn(self.account_id, f"resourcepolicy/{self.organization_id}/{self.id}")


@dataclass(frozen=True, slots=True)
class AccountCreation:
    """What became of a request to create an account. `state` is IN_PROGRESS, SUCCEEDED or FAILED."""

    account_id: str
    id: str  # "car-..."
    name: str
    state: str
    requested: datetime
    completed: datetime | None = None
    created_id: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """A service that may act in the organization's accounts (trusted access)."""

    account_id: str
    service: str  # "iam.amazonaws.com"
    enabled: datetime


@dataclass(frozen=True, slots=True)
class DelegatedAdministrator:
    """An account that administers a service for the organization."""

    account_id: str
    delegate_id: str
    service: str
    enabled: datetime


ORGANIZATIONS = Kind("organizations", Organization, lambda r: r.account_id)
UNITS = Kind("organizational_units", Unit, lambda r: r.id, None, {"parent": lambda r: r.parent_id})
MEMBERS = Kind("member_accounts", Member, lambda r: r.id, None, {"parent": lambda r: r.parent_id})
ORGANIZATION_POLICIES = Kind(
    "organization_policies", OrganizationPolicy, lambda r: r.id, None, {"type": lambda r: r.type}
)
POLICY_ATTACHMENTS = Kind(
    "policy_attachments",
    PolicyAttachment,
    lambda r: f"{r.target_id}/{r.policy_id}",
    None,
    {"target": lambda r: r.target_id, "policy": lambda r: r.policy_id},
)
RESOURCE_POLICIES = Kind("organization_resource_policies", ResourcePolicy, lambda r: r.id)
ACCOUNT_CREATIONS = Kind("account_creations", AccountCreation, lambda r: r.id)
SERVICE_ACCESS = Kind("service_access", ServiceAccess, lambda r: r.service)
DELEGATED_ADMINISTRATORS = Kind(
    "delegated_administrators",
    DelegatedAdministrator,
    lambda r: f"{r.delegate_id}/{r.service}",
    None,
    {"delegate": lambda r: r.delegate_id, "service": lambda r: r.service},
)

KINDS: tuple[Kind[Any], ...] = (
    ORGANIZATIONS,
    UNITS,
    MEMBERS,
    ORGANIZATION_POLICIES,
    POLICY_ATTACHMENTS,
    RESOURCE_POLICIES,
    ACCOUNT_CREATIONS,
    SERVICE_ACCESS,
    DELEGATED_ADMINISTRATORS,
)
