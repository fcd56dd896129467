"""IAM Identity Center: an instance, its permission sets, and who has which of them in which account.

All of it is kept in the account that owns the instance: the organization's management account, or an account by itself.
The people are in `identity_store`. What a permission set becomes in an account are ordinary roles there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class IdentityCenter:
    """An instance, of which an account has one. `store_id` names its identity store. `attributes` are those for access
    control, as the API has their configuration in JSON, None where that is off; `more_regions` are names and, in
    ISO 8601, since when."""

    account_id: str
    id: str  # ssoins-16 hexadecimal digits
    store_id: str  # d-10 hexadecimal digits
    region: str
    created: datetime
    name: str = ""
    permission_sets: bool = True  # whether there may be any
    attributes: str | None = None
    more_regions: Tags = ()
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:sso:::instance/{self.id}"

    @property
    def store_arn(self) -> str:
        return f"arn:{PARTITION}:identitystore::{self.account_id}:identitystore/{self.store_id}"


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """What someone may do in an account. `customer_managed` are policies of the account that it comes to, path and
    name;
    `boundary` is the ARN of a policy of AWS, or path and name together of one of the account. `revision` counts the
    changes that reach accounts when the set is provisioned."""

    account_id: str
    id: str  # ps-16 hexadecimal digits
    instance_id: str
    name: str
    created: datetime
    description: str | None = None
    session: str = "PT1H"  # ISO 8601
    relay_state: str | None = None
    managed: tuple[str, ...] = ()  # ARNs
    customer_managed: Tags = ()
    inline: str | None = None
    boundary: str | None = None
    revision: int = 1
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:sso:::permissionSet/{self.instance_id}/{self.id}"


@dataclass(frozen=True, slots=True)
class ProvisionedSet:
    """A permission set as it is in the account `target_id`: its role there, and of which revision."""

    account_id: str
    set_id: str
    target_id: str
    role_name: str
    revision: int
    provisioned: datetime


@dataclass(frozen=True, slots=True)
class AccountAssignment:
    """A user or group (`principal_type` is USER or GROUP) has a permission set in the account `target_id`."""

    account_id: str
    set_id: str
    target_id: str
    principal_type: str
    principal_id: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ProvisioningRequest:
    """What became of a request to assign (`kind` is CREATE), to take away (DELETE) or to provision (PROVISION).
    `target_id` is None where all accounts were meant."""

    account_id: str
    id: str
    kind: str
    set_id: str
    created: datetime
    status: str = "SUCCEEDED"
    failure: str | None = None
    target_id: str | None = None
    principal_type: str | None = None
    principal_id: str | None = None


IDENTITY_CENTERS = Kind("identity_centers", IdentityCenter, lambda r: r.account_id)
PERMISSION_SETS = Kind("permission_sets", PermissionSet, lambda r: r.id, lambda r: r.name)
PROVISIONED_SETS = Kind(
    "provisioned_sets",
    ProvisionedSet,
    lambda r: f"{r.set_id}/{r.target_id}",
    None,
    {"set": lambda r: r.set_id, "target": lambda r: r.target_id},
)
ACCOUNT_ASSIGNMENTS = Kind(
    "account_assignments",
    AccountAssignment,
    lambda r: f"{r.set_id}/{r.target_id}/{r.principal_type}/{r.principal_id}",
    None,
    {
        "set": lambda r: r.set_id,
        "target": lambda r: r.target_id,
        "place": lambda r: f"{r.set_id}/{r.target_id}",
        "principal": lambda r: f"{r.principal_type}/{r.principal_id}",
    },
)
PROVISIONING_REQUESTS = Kind(
    "provisioning_requests", ProvisioningRequest, lambda r: r.id, None, {"kind": lambda r: r.kind}
)

KINDS: tuple[Kind[Any], ...] = (
    IDENTITY_CENTERS,
    PERMISSION_SETS,
    PROVISIONED_SETS,
    ACCOUNT_ASSIGNMENTS,
    PROVISIONING_REQUESTS,
)
