"""An organization as its management account's root user sees it, and a way into its accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.live import Live
from tests.services.organizations.support import Org


@pytest.fixture
def orgs(server: Live) -> Any:
    """Organizations as root, in an account without organization."""
    return server.client("organizations")


@pytest.fixture
def org(server: Live, orgs: Any) -> Org:
    """A new organization with all features."""
    made = orgs.create_organization(FeatureSet="ALL")["Organization"]
    return Org(server, orgs, made["Id"], orgs.list_roots()["Roots"][0]["Id"])


@pytest.fixture
def controlled(org: Org) -> Org:
    """An organization with both types of control policies enabled."""
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        org.client.enable_policy_type(RootId=org.root, PolicyType=kind)
    return org


@pytest.fixture
def admin(user: Callable[..., Any]) -> Callable[[str], Any]:
    """A user of the management account who may do everything: root may assume no roles."""
    factory: Callable[[str], Any] = user("admin", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    return factory
