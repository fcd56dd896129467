"""Who a test acts as: credentials, clients of boto3 with them, and the variables by which other programs find them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, with the token of a session where it is temporary."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """A root user, user or role session of a server. `arn` is what GetCallerIdentity answers."""

    arn: str
    credentials: Credentials
    endpoint_url: str
    region: str

    @property
    def environ(self) -> dict[str, str]:
        """The variables by which SDKs and the AWS CLI find the server and act as this identity."""
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
        }
        if self.credentials.session_token is not None:
            variables["AWS_SESSION_TOKEN"] = self.credentials.session_token
        return variables

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client that acts as this identity; `options` go to boto3."""
        return _session().client(service, **self._given, **options)

    def resource(self, service: str, **options: Any) -> Any:
        """A boto3 resource that acts as this identity."""
        return _session().resource(service, **self._given, **options)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Let everything in this process act as this identity: code that makes its own clients, and programs it runs.

        boto3's default session is made anew, and that of before comes back at the end.
        """
        variables: dict[str, str | None] = {**dict.fromkeys(_OTHERS), **self.environ}
        before = {name: os.environ.get(name) for name in variables}
        boto3 = sys.modules.get("boto3")
        session = getattr(boto3, "DEFAULT_SESSION", None)
        _set(variables)
        _set_session(None)
        try:
            yield
        finally:
            _set(before)
            _set_session(session)

    @property
    def _given(self) -> dict[str, Any]:
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.credentials.access_key_id,
            "aws_secret_access_key": self.credentials.secret_access_key,
            "aws_session_token": self.credentials.session_token,
        }


@cache
def _session() -> Any:
    """A session of boto3 that looks for no profile: those of the surroundings are for other servers."""
    import boto3
    import botocore.session

    return boto3.Session(botocore_session=botocore.session.Session(session_vars={"profile": (None, None, None, None)}))


# What would otherwise win over, or be mixed with, the variables of an identity.
_OTHERS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL_STS")


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _set_session(session: Any) -> None:
    boto3 = sys.modules.get("boto3")
    if boto3 is not None:
        boto3.DEFAULT_SESSION = session  # type: ignore[attr-defined]  # its credentials are looked up once


def document(statements: Sequence[Statement]) -> str:
    """A policy document of these statements; each `Allow`s unless it says otherwise."""
    told = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": told})
