"""What an account consists of: one frozen record per row of the store.

Records refer to each other by unique id (`AIDA...`), never by name, so a rename touches one record. Names keep the
spelling they were given; `fold` gives the key under which they are unique regardless of case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

Tags = tuple[tuple[str, str], ...]

PARTITION = "aws"
_IAM = f"arn:{PARTITION}:iam::"


def fold(name: str) -> str:
    """The key under which a name is unique in its account: IAM names differ by more than case."""
    return name.casefold()


def iam_arn(account_id: str, resource: str) -> str:
    return f"{_IAM}{account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Account:
    """One AWS account. Its root user's access keys are AccessKey records owned by the account's own id."""

    account_id: str
    created: datetime
    name: str = ""
    email: str = ""
    alias: str | None = None
    root_password: str | None = field(default=None, repr=False)  # Argon2id hash
    global_token_version: int = 1  # of the tokens that the global STS endpoint issues
    organization: str | None = None  # the management account of the organization that it belongs to
    closed: datetime | None = None  # since when nobody may use it

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, "root")


@dataclass(frozen=True, slots=True)
class User:
    account_id: str
    id: str
    name: str
    path: str
    created: datetime
    boundary: str | None = None  # ARN of a managed policy
    tags: Tags = ()
    password_last_used: datetime | None = None

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Group:
    account_id: str
    id: str
    name: str
    path: str
    created: datetime

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:group{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Role:
    """`trust` is the trust policy as it is answered, except that `trusted` maps each principal ARN written in it to
    the unique id that it named when it was saved: when that entity is gone, the id stands in the ARN's place."""

    account_id: str
    id: str
    name: str
    path: str
    created: datetime
    trust: str
    trusted: Tags = ()
    description: str | None = None
    max_session: int = 3600  # seconds
    boundary: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy; its documents are PolicyVersion records."""

    account_id: str
    id: str
    name: str
    path: str
    created: datetime
    updated: datetime
    default_version: int = 1
    last_version: int = 1  # numbers are never used twice
    description: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    account_id: str
    policy_id: str
    number: int
    document: str
    created: datetime


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    account_id: str
    owner_id: str  # user, group or role
    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A managed policy, of the account or of AWS, attached to a user, group or role."""

    account_id: str
    owner_id: str
    policy_arn: str
    attached: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    account_id: str
    group_id: str
    user_id: str
    joined: datetime


@dataclass(frozen=True, slots=True)
class AccessKey:
    account_id: str
    id: str
    owner_id: str  # user id, or the account id for the root user
    sealed_secret: bytes = field(repr=False)
    created: datetime
    active: bool = True


@dataclass(frozen=True, slots=True)
class InstanceProfile:
    account_id: str
    id: str
    name: str
    path: str
    created: datetime
    role_id: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:instance-profile{self.path}{self.name}"
