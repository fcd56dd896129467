"""A server in memory for the time of a `with` block, and the identities of its account."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from .identities import Credentials, Identity, Statement, document
from .process import Process, StartError, post

ACCOUNT_ID = "123456789012"
"""The account where nothing else is said: moto's, so that ARNs behind the gateway name the same one."""

_ROOT = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class Server:
    """iamd in memory on a free port, in a process of its own: `with Server() as iamd: iamd.user("alice")`.

    `upstreams` are other services behind its gateway, as for `iamd serve --upstream`: {"*": "http://127.0.0.1:5000"}.
    Further settings are given by name (`throttle="on"`). Raises StartError when it does not start.
    """

    def __init__(
        self,
        upstreams: Mapping[str, str] | None = None,
        *,
        account_id: str = ACCOUNT_ID,
        region: str = "us-east-1",
        seconds: float = 60,
        **settings: object,
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.endpoint_url = ""
        self._seconds = seconds
        self._upstreams = upstreams or {}
        self._settings = settings
        self._process: Process | None = None

    def __enter__(self) -> Server:
        """Start it; it takes requests when this returns."""
        command = [sys.executable, "-m", "iamd.cli.main", "serve"]
        command += [part for name, url in self._upstreams.items() for part in ("--upstream", f"{name}={url}")]
        self._process = Process(command, r"^\s*endpoint\s+(http://\S+)", self._environ, self._seconds)
        self.endpoint_url = self._process.address
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop it; what it held is gone."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def reset(self) -> None:
        """Back to an account with its root user and nothing else, in a few milliseconds."""
        if self._process is None:
            raise StartError("the server does not run: use it in a `with` block")
        post(f"{self.endpoint_url}/_iamd/reset")

    @property
    def root(self) -> Identity:
        """The account's root user, who may do everything."""
        return self._identity(f"arn:aws:iam::{self.account_id}:root", _ROOT)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client as the root user."""
        return self.root.client(service, **options)

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
        return Identity(arn, credentials, self.endpoint_url, self.region)

    @property
    def _environ(self) -> dict[str, str]:
        given = {
            "in_memory": "true",
            "port": "0",
            "account_id": self.account_id,
            "region": self.region,
            "root_access_key_id": _ROOT.access_key_id,
            "root_secret_access_key": _ROOT.secret_access_key,
            **{name: _text(value) for name, value in self._settings.items()},
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("IAMD_")}
        return inherited | {f"IAMD_{name.upper()}": value for name, value in given.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
