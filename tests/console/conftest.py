"""A user who signs in to the console, and a browser that keeps cookies and runs no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iamd.console import assets
from tests.live import ACCOUNT, Live
from tests.services.conftest import iam, root, running_server, server, user
from tests.services.signin.browser import PASSWORD, Browser

__all__ = ["iam", "root", "running_server", "server", "user"]


@pytest.fixture
def jane(iam: Any) -> dict[str, str]:
    """A user who may read IAM and no more; what she enters."""
    iam.create_user(UserName="Jane")
    iam.create_login_profile(UserName="Jane", Password=PASSWORD)
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    return {"account": ACCOUNT, "name": "Jane", "password": PASSWORD, "code": ""}


@pytest.fixture
def browser(server: Live) -> Browser:
    return Browser(server.endpoint)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small web application in place of the real one."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<!doctype html><script type="module" src="/console/assets/a.js"></script>')
    (tmp_path / "assets" / "a.js").write_text("export {};")
    (tmp_path / "assets" / "a.js.gz").write_bytes(b"packed")
    (tmp_path / "built.json").write_text("{}")
    monkeypatch.setattr(assets, "DIST", tmp_path)
    return tmp_path
