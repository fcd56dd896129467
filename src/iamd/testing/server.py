"""A server in memory for the time of a `with` block, and the identities of its account."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType

from .accounts import Account, Member
from .identities import Credentials, Identity
from .process import Process, StartError, post

ACCOUNT_ID = "123456789012"
"""The account where nothing else is said: moto's, so that ARNs behind the gateway name the same one."""

_ROOT = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class Server(Account):
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
        return Identity(f"arn:aws:iam::{self.account_id}:root", _ROOT, self.endpoint_url, self.region)

    @property
    def admin(self) -> Identity:
        """The root user."""
        return self.root

    def account(self, name: str) -> Account:
        """Another account: a new member of the organization whose management account this one is, by then."""
        organizations = self.client("organizations")
        with suppress(organizations.exceptions.AlreadyInOrganizationException):
            organizations.create_organization()
        email = f"{name}@example.com"
        asked = organizations.create_account(AccountName=name, Email=email)["CreateAccountStatus"]["Id"]
        made = organizations.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
        if made["State"] != "SUCCEEDED":
            raise ValueError(f"there is an account {name} already")
        role = f"arn:aws:iam::{made['AccountId']}:role/OrganizationAccountAccessRole"
        helper = self.user(f"{name}-administers", {"Action": "sts:AssumeRole", "Resource": role})
        return Member(made["AccountId"], self.assume(role, helper))

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
