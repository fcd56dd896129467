"""What the search for escalations knows of accounts: their principals, groups and policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from iamd.analysis.access import Holder
from iamd.policy import Attached, Policy
from iamd.policy.arns import split


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its policies; `managed` are the ARNs of the customer managed ones."""

    arn: str
    policies: tuple[Attached, ...] = ()
    managed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, or (with `trust`) a role.

    `managed` are the ARNs of customer managed policies that are attached to it, `groups` the ARNs of its groups.
    `has_password` is asked of users, `in_profile` (whether an instance profile has it) of roles.
    """

    holder: Holder
    managed: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    trust: Attached | None = None
    has_password: bool = False
    in_profile: bool = False

    @property
    def arn(self) -> str:
        return self.holder.principal.arn

    @property
    def account(self) -> str:
        return self.holder.principal.account or ""

    @property
    def partition(self) -> str:
        return (split(self.arn) or ["", "aws"])[1]

    @property
    def is_role(self) -> bool:
        return self.trust is not None


@dataclass(frozen=True, slots=True)
class Estate:
    """Accounts. `versions`: the versions of customer managed policies, by ARN, that are not in force."""

    actors: tuple[Actor, ...]
    groups: Mapping[str, Group] = field(default_factory=dict)
    versions: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)

    def of_account(self, account: str) -> Iterable[Actor]:
        """The actors of an account."""
        return (actor for actor in self.actors if actor.account == account)
