"""Accounts of a server, and the users and roles that tests make in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .identities import Credentials, Identity, Statement, document


class Account(ABC):
    """An account of a running server."""

    account_id: str

    @property
    @abstractmethod
    def admin(self) -> Identity:
        """Who may do everything there."""

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client as who may do everything."""
        return self.admin.client(service, **options)

    def user(self, name: str, *statements: Statement) -> Identity:
        """A new user with an access key and an inline policy of these statements, which allow unless they say `Deny`:

        `iamd.user("alice", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"})`
        """
        iam = self.client("iam")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self._identity(arn, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))

    def role(self, name: str, *statements: Statement, session: str = "test") -> Identity:
        """A session of a new role with an inline policy of these statements. A user of the account assumes it."""
        iam = self.client("iam")
        trusts = {"Principal": {"AWS": self.account_id}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document([trusts]))["Role"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(statements))
        # The root user may assume no role, as on AWS.
        helper = self.user(f"{name}-assumes", {"Action": "sts:AssumeRole", "Resource": role["Arn"]})
        return self.assume(role["Arn"], helper, session)

    def assume(self, role_arn: str, caller: Identity, session: str = "test") -> Identity:
        """A session of a role that the caller may assume."""
        taken = caller.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session)
        key = taken["Credentials"]
        given = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
        return self._identity(taken["AssumedRoleUser"]["Arn"], given)

    def _identity(self, arn: str, credentials: Credentials) -> Identity:
        return Identity(arn, credentials, self.admin.endpoint_url, self.admin.region)


class Member(Account):
    """A member account of an organization, administered by a session of its access role."""

    def __init__(self, account_id: str, admin: Identity) -> None:
        self.account_id = account_id
        self._admin = admin

    @property
    def admin(self) -> Identity:
        """The session of the access role."""
        return self._admin
