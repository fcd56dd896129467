"""The access portal in a real browser: a person lets programs in, and comes to the console."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from tests.console.people import Person
from tests.live import Live
from tests.services.access_portal import people
from tests.services.access_portal.company import new_company, new_member
from tests.services.access_portal.programs import REGISTERED, Program
from tests.services.identity_center.conftest import Center


@pytest.fixture
def company(server: Live) -> Center:
    return new_company(server)


@pytest.fixture
def bea(company: Center) -> people.Person:
    return new_member(company, "bea", [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}])


@pytest.fixture
def visitor(server: Live, chromium: Chromium) -> Iterator[Person]:
    """A browser in which nobody is signed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield Person(server, None, context.new_page())
    context.close()


@pytest.fixture
def called_back() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """Where a program on the same machine waits for its code, and what has come."""
    came: list[dict[str, list[str]]] = []

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(parse_qs(urlsplit(self.path).query))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>You may close this page")

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Callback) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/oauth/callback", came
        listening.shutdown()
        thread.join()


def enter(visitor: Person, name: str) -> None:
    visitor.page.get_by_label("Username").fill(name)
    visitor.page.get_by_label("Password").fill(people.PASSWORD)
    visitor.page.get_by_role("button", name="Sign in").click()


def configured(home: Path, server: Live, company: Center, program: Program, tokens: Any) -> None:
    """What `aws sso login` leaves behind, for a profile of an `sso-session`."""
    (home / "config").write_text(
        f"[profile work]\nsso_session = iamd\nsso_account_id = {company.member}\nsso_role_name = Admin\n"
        f"region = us-east-1\nendpoint_url = {server.endpoint}\n"
        f"[sso-session iamd]\nsso_start_url = {program.start_url}\nsso_region = us-east-1\n"
    )
    cached = {
        "startUrl": program.start_url,
        "region": "us-east-1",
        "accessToken": "stale",
        "expiresAt": (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "clientId": program.client["clientId"],
        "clientSecret": program.client["clientSecret"],
        "registrationExpiresAt": (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "refreshToken": tokens["refreshToken"],
    }
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (cache / f"{sha1(b'iamd', usedforsecurity=False).hexdigest()}.json").write_text(json.dumps(cached))


def test_a_program_on_the_same_machine_gets_a_code_and_credentials(
    server: Live,
    company: Center,
    bea: people.Person,
    visitor: Person,
    called_back: Any,
    tmp_path: Path,
) -> None:
    redirect_uri, came = called_back
    start_url = f"https://{company.store_id}.awsapps.com/start"
    registered = {"grantTypes": ["authorization_code", "refresh_token"], "redirectUris": [REGISTERED]}
    program = Program(server.endpoint, start_url, issuerUrl=start_url, **registered)
    visitor.page.goto(f"{server.endpoint}{program.link(redirect_uri=redirect_uri)}")
    visitor.looks_right()
    enter(visitor, "bea")
    expect(visitor.page.get_by_text("botocore-client-work")).to_be_visible()
    visitor.looks_right()
    visitor.page.get_by_role("button", name="Allow access").click()
    expect(visitor.page.get_by_text("You may close this page")).to_be_visible()
    assert came[0]["state"] == [program.state]
    tokens = program.exchange(came[0]["code"][0], redirectUri=redirect_uri)
    configured(tmp_path, server, company, program, tokens)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    aws = {"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": server.endpoint}
    asked = [sys.executable, "-m", "awscli", "sts", "get-caller-identity", "--profile", "work", "--query", "Arn"]
    told = subprocess.run(asked, env=kept | aws, capture_output=True, text=True, check=True, timeout=60)
    assert f"{company.member}:assumed-role/AWSReservedSSO_Admin_" in told.stdout  # refreshed, then given credentials


def test_a_person_finds_accounts_and_lets_a_device_in(
    server: Live, company: Center, bea: people.Person, visitor: Person, built: Path
) -> None:
    page, program = visitor.page, Program(server.endpoint, f"{server.endpoint}/start")
    waiting = program.start()
    page.goto(waiting["verificationUri"])
    enter(visitor, "bea")
    page.get_by_label("Code").fill(waiting["userCode"].lower())
    visitor.looks_right()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(waiting["userCode"])).to_be_visible()
    visitor.looks_right()
    page.get_by_role("button", name="Allow access").click()
    expect(page.get_by_role("heading", name="The program has your access")).to_be_visible()
    visitor.looks_right()
    assert program.poll(waiting)["accessToken"]

    page.goto(f"{server.endpoint}/start")
    expect(page.get_by_role("heading", name="member")).to_be_visible()
    expect(page.get_by_text("botocore-client-work")).to_be_visible()
    visitor.looks_right()
    page.get_by_role("button", name="Access keys of member as Admin").click()
    expect(page.get_by_label("Environment variables")).to_have_value(re.compile("AWS_SESSION_TOKEN="))
    visitor.looks_right()
    page.get_by_role("link", name="Back to your accounts").click()
    page.get_by_role("button", name="Add an authenticator app").click()
    expect(page.get_by_role("img", name="QR code of the secret")).to_be_visible()
    visitor.looks_right()
    page.get_by_role("link", name="Back to your accounts").click()
    page.get_by_role("button", name="Console of member as Admin").click()
    page.wait_for_url(f"{server.endpoint}/console/")
