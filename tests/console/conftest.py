"""A user who signs in to the console, and a browser that keeps cookies and runs no scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect, sync_playwright

from iamd import app
from iamd.console import assets
from tests.console.people import PATIENCE, Person
from tests.console.visits import Clock
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
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(app, "now", clock)
    return clock


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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A real browser; for one module at a time, because its driver keeps the thread's event loop to itself."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "there is no Chromium: `make test` installs it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def person(server: Live, iam: Any, chromium: Chromium) -> Iterator[Person]:
    """An administrator, Ada, who has signed in with a browser."""
    iam.create_user(UserName="Ada")
    iam.create_login_profile(UserName="Ada", Password=PASSWORD)
    iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    person = Person(server, iam, context.new_page())
    person.sign_in("Ada")
    yield person
    context.close()
