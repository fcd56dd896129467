"""An instance of Identity Center, a person of it, and programs that ask for people's access."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import Live
from tests.services.access_portal.people import Person, new_person
from tests.services.access_portal.programs import REGISTERED, Program
from tests.services.signin.browser import Browser


@pytest.fixture
def center(server: Live) -> dict[str, str]:
    """The account's instance, as ListInstances shows it."""
    admin = server.client("sso-admin")
    admin.create_instance()
    found: dict[str, Any] = admin.list_instances()["Instances"][0]
    return found


@pytest.fixture
def start_url(center: dict[str, str]) -> str:
    return f"https://{center['IdentityStoreId']}.awsapps.com/start"


@pytest.fixture
def program(server: Live, start_url: str) -> Program:
    """A program that has registered, and shows a code."""
    return Program(server.endpoint, start_url)


@pytest.fixture
def coded(server: Live, start_url: str) -> Program:
    """A program that has registered for authorization codes, as newer versions of the AWS CLI do."""
    registered = {"grantTypes": ["authorization_code", "refresh_token"], "redirectUris": [REGISTERED]}
    return Program(server.endpoint, start_url, issuerUrl=start_url, **registered)


@pytest.fixture
def ann(server: Live, center: dict[str, str]) -> Person:
    """A person with a password."""
    return new_person(server, center["IdentityStoreId"], "ann", Title="boss")


@pytest.fixture
def browser(server: Live) -> Browser:
    return Browser(server.endpoint, headers={"accept": "text/html"})
