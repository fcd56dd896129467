"""Where credentials come from, as the endpoints see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

EC2 = "ec2.amazonaws.com"
ECS = "ecs-tasks.amazonaws.com"
PODS = "pods.eks.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that a workload needs: of which role, for which AWS service, named and tagged how.

    `seconds` is its length, `source_arn` the resource on whose behalf the service asks (`aws:SourceArn`). Tags are
    transitive, as those of the only service that gives any are (EKS Pod Identity). `keys` are condition keys that the
    session's requests carry.
    """

    role_arn: str
    service: str
    session_name: str
    seconds: int
    source_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials; times are aware and in UTC. `role_id` is the role's, where the source holds by it."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)
    issued: datetime
    expires: datetime
    role_id: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """An instance profile and the role in it."""

    arn: str
    id: str
    role_arn: str


class NoCredentials(Exception):
    """The session could not be had. `refused`: STS was asked and said no; otherwise it could not be asked."""

    def __init__(self, message: str, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class Source(Protocol):
    """Opens sessions. `assume` and `profile` raise NoCredentials; after that it is not asked for the same once more
    before `patience` has passed."""

    @property
    def patience(self) -> timedelta: ...

    async def assume(self, wanted: Wanted) -> Credentials:
        """New credentials of the role."""

    async def holds(self, wanted: Wanted, credentials: Credentials) -> bool:
        """Whether credentials that it gave for this still stand; False only if it knows that they do not."""

    async def profile(self, arn: str) -> Profile:
        """The instance profile of that ARN, which holds a role."""
