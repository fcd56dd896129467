"""Roles and their sessions, for the tests of STS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.live import Live
from tests.services.roles import make_role, trusting, user_arn

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
