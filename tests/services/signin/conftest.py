"""A user, her browser, and a program that asks for her access."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.signin.browser import LOCAL_DEVELOPMENT, PASSWORD, Browser, Program


@pytest.fixture
def jane(iam: Any) -> dict[str, str]:
    """A user who may use `aws login` and read IAM; what she enters."""
    iam.create_user(UserName="Jane")
    iam.create_login_profile(UserName="Jane", Password=PASSWORD)
    for policy in (LOCAL_DEVELOPMENT, "arn:aws:iam::aws:policy/IAMReadOnlyAccess"):
        iam.attach_user_policy(UserName="Jane", PolicyArn=policy)
    return {"account": ACCOUNT, "name": "Jane", "password": PASSWORD, "code": ""}


@pytest.fixture
def program(server: Live) -> Program:
    return Program(server.endpoint)


@pytest.fixture
def browser(server: Live) -> Browser:
    return Browser(server.endpoint)
