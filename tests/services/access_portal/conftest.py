"""An instance of Identity Center, and a program that asks for people's access."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import Live
from tests.services.access_portal.programs import Program


@pytest.fixture
def center(server: Live) -> dict[str, str]:
    """The account's instance, as ListInstances shows it."""
    admin = server.client("sso-admin")
    admin.create_instance()
    found: dict[str, Any] = admin.list_instances()["Instances"][0]
    return found


@pytest.fixture
def program(server: Live, center: dict[str, str]) -> Program:
    """A program that has registered."""
    return Program(server.endpoint, f"https://{center['IdentityStoreId']}.awsapps.com/start")
