"""What an account consists of: one frozen record per row of the store.

Records refer to each other by unique id (`AIDA...`), never by name, so a rename touches one record. Names keep the
spelling they were given; `fold` gives the key under which they are unique regardless of case.

Most of what is in memory are these, millions in a large estate. They hold nothing but plain values, so the garbage
collector need not know them (`gc=False`): how long it takes does not depend on how many there are.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

Tags = tuple[tuple[str, str], ...]

PARTITION = "aws"
_IAM = f"arn:{PARTITION}:iam::"


def fold(name: str) -> str:
    """The key under which a name is unique in its account: IAM names differ by more than case."""
    folded = name.casefold()
    return name if folded == name else folded  # one text in memory, not two


def iam_arn(account_id: str, resource: str) -> str:
    return f"{_IAM}{account_id}:{resource}"


class Account(msgspec.Struct, frozen=True, gc=False):
    """One AWS account. Its root user's access keys are AccessKey records owned by the account's own id."""

    account_id: str
    created: datetime
    name: str = ""
    email: str = ""
    alias: str | None = None
    root_password: str | None = None  # Argon2id hash
    global_token_version: int = 1  # of the tokens that the global STS endpoint issues
    organization: str | None = None  # the management account of the organization that it belongs to
    closed: datetime | None = None  # since when nobody may use it

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, "root")

    def __repr__(self) -> str:
        return f"Account(account_id={self.account_id!r}, name={self.name!r})"  # and no password's hash


class User(msgspec.Struct, frozen=True, gc=False):
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


class Group(msgspec.Struct, frozen=True, gc=False):
    account_id: str
    id: str
    name: str
    path: str
    created: datetime

    @property
    def arn(self) -> str:
        return f"{_IAM}{self.account_id}:group{self.path}{self.name}"


class Role(msgspec.Struct, frozen=True, gc=False):
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


class ManagedPolicy(msgspec.Struct, frozen=True, gc=False):
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


class PolicyVersion(msgspec.Struct, frozen=True, gc=False):
    account_id: str
    policy_id: str
    number: int
    document: str
    created: datetime


class InlinePolicy(msgspec.Struct, frozen=True, gc=False):
    account_id: str
    owner_id: str  # user, group or role
    name: str
    document: str


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A managed policy, of the account or of AWS, attached to a user, group or role."""

    account_id: str
    owner_id: str
    policy_arn: str
    attached: datetime


class Membership(msgspec.Struct, frozen=True, gc=False):
    account_id: str
    group_id: str
    user_id: str
    joined: datetime


class AccessKey(msgspec.Struct, frozen=True, gc=False):
    account_id: str
    id: str
    owner_id: str  # user id, or the account id for the root user
    sealed_secret: bytes
    created: datetime
    active: bool = True

    def __repr__(self) -> str:
        return f"AccessKey(id={self.id!r}, owner_id={self.owner_id!r}, active={self.active!r})"  # and no secret


class InstanceProfile(msgspec.Struct, frozen=True, gc=False):
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
