"""Roles, their sessions and an OpenID Connect issuer, for the tests of STS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.issuer import Issuer, issuer, own_certificate
from tests.live import Live
from tests.services.roles import make_role, role_arn, trusting, user_arn
from tests.services.sts.web import register

Client = Callable[[str], Any]


@pytest.fixture
def bob(user: Callable[..., Client]) -> Client:
    """A user without any policy: `bob("sts")` is a client."""
    return user("bob")


@pytest.fixture
def app(iam: Any, bob: Client) -> str:
    """The ARN of a role that bob may assume in every way."""
    return make_role(iam, "App", trusting(user_arn("bob")))


@pytest.fixture
def assumed(server: Live) -> Callable[..., Client]:
    """`assumed(client, role_arn, ...)`: assumes a role; returns the client factory of the session."""

    def assume(client: Any, role_arn: str, **params: Any) -> Client:
        session = client.assume_role(**{"RoleArn": role_arn, "RoleSessionName": "here", **params})
        return lambda service: server.client(service, session["Credentials"])

    return assume


@pytest.fixture(scope="session")
def certificate() -> Any:
    return own_certificate()


@pytest.fixture(scope="module")
def serving(certificate: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with issuer(tmp_path_factory.mktemp("issuer"), certificate) as running:
        yield running


@pytest.fixture
def idp(serving: Issuer, certificate: Any, iam: Any) -> Issuer:
    """The issuer, registered in the account."""
    serving.rotate(kid="first")
    serving.asked.clear()
    register(iam, serving, certificate)
    return serving


@pytest.fixture(scope="session")
def stranger(running_server: Live) -> Any:
    """A client without credentials."""
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False)
    return boto3.client("sts", endpoint_url=running_server.endpoint, region_name="us-east-1", config=config)


@pytest.fixture
def assume(stranger: Any) -> Callable[..., Any]:
    """`assume(token, role, ...)`"""

    def ask(token: str, role: str = "Web", **more: Any) -> Any:
        asked = {"RoleArn": role_arn(role), "RoleSessionName": "me", "WebIdentityToken": token, **more}
        return stranger.assume_role_with_web_identity(**asked)

    return ask
