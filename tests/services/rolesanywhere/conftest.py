"""A trust anchor, a profile and a role for holders of certificates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import Live
from tests.services.roles import make_role, trust
from tests.services.rolesanywhere.support import ACTIONS, ROOT, SERVICE, Anywhere, source


@pytest.fixture
def api(server: Live) -> Any:
    return server.client("rolesanywhere")


@pytest.fixture
def anywhere(api: Any, iam: Any) -> Anywhere:
    role = make_role(iam, "web", trust(SERVICE, ACTIONS), MaxSessionDuration=7200)
    anchor = api.create_trust_anchor(name="Root", source=source(ROOT), enabled=True)["trustAnchor"]
    profile = api.create_profile(name="Web", roleArns=[role], enabled=True)["profile"]
    return Anywhere(api, anchor, profile, role)
