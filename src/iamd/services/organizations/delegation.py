"""What the organization's resource policy delegates to member accounts: reading, and the management of policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.policy import Kind
from iamd.services.call import Call
from iamd.store.image import Records
from iamd.store.kinds.organizations import ResourcePolicy

if TYPE_CHECKING:
    from iamd.services.registry import Operation

READS = ("Describe", "List")
CHANGES = frozenset(
    {
        *("CreatePolicy", "UpdatePolicy", "DeletePolicy", "AttachPolicy", "DetachPolicy"),
        *("EnablePolicyType", "DisablePolicyType", "TagResource", "UntagResource"),
    }
)


def is_delegable(name: str) -> bool:
    """Whether the action of that name can be delegated."""
    return name.startswith(READS) or name in CHANGES


def policy_for(operation: Operation, records: Records) -> ResourcePolicy | None:
    """The policy that decides whether a member account may call the operation; None where none can allow it."""
    return next(iter(records.resource_policies), None) if is_delegable(operation.name) else None


def delegated(target: Target[Any], policy: ResourcePolicy) -> Target[Any]:
    """The target as another account's, which that policy must open."""
    return structs.replace(target, account_id=policy.account_id, policy=policy.content, policy_kind=Kind.RESOURCE)


def also(call: Call, management: Records, ask: Ask) -> Ask:
    """A further action on something of the organization: of another account's, where it is called by a delegate."""
    policy = next(iter(management.resource_policies), None)
    if call.account_id == management.account_id or policy is None:
        return ask
    return ask.under(policy.account_id, policy.content, Kind.RESOURCE)
