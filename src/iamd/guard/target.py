"""What a call is about: the thing that the guard decides on and the operation then works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from iamd.policy import Kind
from iamd.store.records import Tags
from iamd.wire.errors import AwsError

T = TypeVar("T")


class Described(Protocol):
    """A record that has an ARN of its own."""

    @property
    def arn(self) -> str: ...


D = TypeVar("D", bound=Described)


class Target(msgspec.Struct, Generic[T], frozen=True):
    """One resource of one call.

    `arn` is decided on ("*" when the operation has none); `label` is how a denial names it where that is not the ARN
    (`user bob`); `value` goes to the operation; `missing` is the error to answer once the decision allowed, so that
    names cannot be probed. `policy` is the resource's own policy (a role's trust policy, or another `policy_kind`),
    `boundary` the permissions boundary of the user or role that is changed (`iam:PermissionsBoundary`).
    """

    arn: str
    value: T
    label: str | None = None
    account_id: str | None = None  # None: the caller's own
    tags: Tags = ()
    boundary: str | None = None
    policy: str | None = None
    policy_kind: Kind = Kind.TRUST
    missing: AwsError | None = None
    context: Mapping[str, str | tuple[str, ...]] = {}


def found(record: D, label: str | None = None) -> Target[D]:
    """The target that exists."""
    tags: Tags = getattr(record, "tags", ())
    boundary: str | None = getattr(record, "boundary", None)
    account_id: str | None = getattr(record, "account_id", None)
    return Target(record.arn, record, label, account_id, tags, boundary)


def missing(arn: str, error: AwsError, label: str | None = None) -> Target[Any]:
    """A target that is not there: decided on by the ARN that it would have."""
    return Target(arn, None, label, missing=error)


def new(arn: str) -> Target[str]:
    """A target that the operation is about to create; the operation receives its ARN."""
    return Target(arn, arn)


def nothing() -> Target[None]:
    """The target of an operation that has no resource."""
    return Target("*", None)
