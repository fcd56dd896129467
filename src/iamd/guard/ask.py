"""What the guard is asked. A plain class: see `wire.http`."""

from __future__ import annotations

from typing import Final

from iamd.guard.context import Context
from iamd.guard.organizations import Standing
from iamd.policy import Kind
from iamd.store.records import Tags


class Ask:
    """One action (`iam:CreateUser`) on one resource of that account.

    `label` is how the denial names the resource, where that is not its ARN; `policy` the resource's own; `tags` the
    resource's, where the target is another one; `owner` how its account stands, where it is in an organization.
    """

    def __init__(
        self,
        action: str,
        resource: str,
        account_id: str,
        label: str | None = None,
        policy: str | None = None,
        policy_kind: Kind = Kind.TRUST,
        context: Context | None = None,
        tags: Tags | None = None,
        owner: Standing | None = None,
    ) -> None:
        self.action: Final = action
        self.resource: Final = resource
        self.account_id: Final = account_id
        self.label: Final = label
        self.policy: Final = policy
        self.policy_kind: Final = policy_kind
        self.context: Final[Context] = {} if context is None else context
        self.tags: Final = tags
        self.owner: Final = owner

    def seeing(self, context: Context, owner: Standing | None) -> Ask:
        """The same under further circumstances; what it knows itself counts."""
        seen = {**context, **self.context}
        return Ask(
            self.action,
            self.resource,
            self.account_id,
            self.label,
            self.policy,
            self.policy_kind,
            seen,
            self.tags,
            owner,
        )

    def under(self, account_id: str, policy: str, policy_kind: Kind) -> Ask:
        """The same about another account's resource, which has that policy."""
        return Ask(
            self.action,
            self.resource,
            account_id,
            self.label,
            policy,
            policy_kind,
            self.context,
            self.tags,
            self.owner,
        )
