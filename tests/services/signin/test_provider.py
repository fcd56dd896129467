"""Programs after `aws login`: botocore's own provider of credentials, on the cache that the AWS CLI leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, LoginRefreshRequired
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.live import ACCOUNT, Live
from tests.services.signin.browser import PASSWORD, Browser, Program, logged_in

SESSION = f"arn:aws:iam::{ACCOUNT}:user/Jane"


@dataclass
class Cache:
    """What the AWS CLI keeps of a login, for the profile `people`."""

    file: Path

    def read(self) -> dict[str, Any]:
        token: dict[str, Any] = json.loads(self.file.read_text())
        return token

    def write(self, program: Program, output: dict[str, Any], left: timedelta) -> None:
        """Keep a login whose credentials are good for that long."""
        pem = program.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        expires = (datetime.now(UTC) + left).strftime("%Y-%m-%dT%H:%M:%SZ")
        token = {
            "accessToken": {**output["accessToken"], "accountId": ACCOUNT, "expiresAt": expires},
            "refreshToken": output["refreshToken"],
            "dpopKey": pem,
            "clientId": program.client_id,
            "signInRegion": "us-east-1",
        }
        self.file.write_text(json.dumps(token))


@pytest.fixture
def cache(server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    (tmp_path / "config").write_text(f"[profile people]\nlogin_session = {SESSION}\nregion = us-east-1\n")
    settings = {
        "AWS_CONFIG_FILE": tmp_path / "config",
        "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "none",
        "AWS_LOGIN_CACHE_DIRECTORY": tmp_path,
        "AWS_ENDPOINT_URL": server.endpoint,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return Cache(tmp_path / f"{sha256(SESSION.encode()).hexdigest()}.json")


def caller() -> str:
    """Who a new program is, by the profile."""
    arn: str = botocore.session.Session(profile="people").create_client("sts").get_caller_identity()["Arn"]
    return arn


def test_a_program_finds_the_credentials(
    cache: Cache, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    cache.write(program, logged_in(browser, program, jane), timedelta(minutes=15))
    assert caller() == SESSION


def test_a_program_renews_them_in_time_and_keeps_the_new_ones(
    cache: Cache, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    first = logged_in(browser, program, jane)
    for _ in range(2):
        before = cache.read() if cache.file.exists() else {"accessToken": first["accessToken"]}
        cache.write(program, {**first, "refreshToken": before.get("refreshToken", first["refreshToken"])}, timedelta())
        assert caller() == SESSION
        after = cache.read()
        assert after["accessToken"]["accessKeyId"] != before["accessToken"]["accessKeyId"]
        assert datetime.fromisoformat(after["accessToken"]["expiresAt"]) > datetime.now(UTC) + timedelta(minutes=14)


def test_two_programs_that_renew_at_once_both_go_on(
    cache: Cache, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    output = logged_in(browser, program, jane)
    for _ in range(2):  # both have read the same refresh token
        cache.write(program, output, timedelta())
        assert caller() == SESSION


def test_a_program_of_another_key_gets_nothing(
    server: Live, cache: Cache, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    output = logged_in(browser, program, jane)
    cache.write(Program(server.endpoint), output, timedelta())
    with pytest.raises(ClientError, match="not of the key that the refresh token is bound to"):
        caller()


def test_a_new_password_ends_the_login(
    iam: Any, cache: Cache, browser: Browser, program: Program, jane: dict[str, str]
) -> None:
    cache.write(program, logged_in(browser, program, jane), timedelta())
    iam.update_login_profile(UserName="Jane", Password=PASSWORD + "2")
    with pytest.raises(LoginRefreshRequired):
        caller()
