"""A sign-in with an OpenID Connect provider that others wrote, in a process of its own, and a role for its ID token."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.issuer import own_certificate, thumbprint
from tests.live import ACCOUNT, Live
from tests.services.iam.pki import Issued
from tests.services.iam.support import refused
from tests.services.roles import make_role, trust
from tests.services.sts.web import NOT_AUTHORIZED, WEB

CLIENT = "my-app"
CALLBACK = "https://app.example/callback"


@pytest.fixture
def own() -> Issued:
    return own_certificate()


@pytest.fixture
def provider(own: Issued, tmp_path: Path) -> Iterator[str]:
    """The URL of the running provider."""
    (tmp_path / "cert.pem").write_text(own.pem)
    (tmp_path / "key.pem").write_text(own.key_pem)
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "oidc_provider_mock:app()", "run", "--port", "0"]
    command += ["--host", "localhost", "--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            said = (re.search(r"Running on (https://\S+)", line) for line in process.stderr)
            yield next(found[1] for found in said if found)
        finally:
            process.kill()


def post(url: str, form: dict[str, str], trusted: Issued) -> tuple[str, bytes]:
    """Where a form leads, and what it answers."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cadata=trusted.pem)
    with closing(HTTPSConnection(parts.netloc, context=context, timeout=10)) as connection:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}?{parts.query}", urlencode(form), headers)
        answer = connection.getresponse()
        return answer.headers.get("location") or "", answer.read()


def signed_in(provider: str, person: str, trusted: Issued) -> str:
    """The ID token of someone who signs in: the authorization code flow."""
    asked = {"client_id": CLIENT, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s"}
    where, _ = post(f"{provider}/oauth2/authorize?{urlencode({**asked, 'nonce': 'n'})}", {"sub": person}, trusted)
    [code] = parse_qs(urlsplit(where).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": CLIENT}
    _, answered = post(f"{provider}/oauth2/token", {**form, "client_secret": "any"}, trusted)
    token: str = json.loads(answered)["id_token"]
    return token


def test_a_person_who_signed_in_elsewhere_gets_a_role(
    provider: str, own: Issued, iam: Any, server: Live, assume: Callable[..., Any]
) -> None:
    made = iam.create_open_id_connect_provider(Url=provider, ClientIDList=[CLIENT], ThumbprintList=[thumbprint(own)])
    arn, host = made["OpenIDConnectProviderArn"], provider.removeprefix("https://")
    make_role(iam, "Web", trust({"Federated": arn}, WEB, Condition={"StringEquals": {f"{host}:sub": "jane"}}))
    answered = assume(signed_in(provider, "jane", own))
    assert (answered["SubjectFromWebIdentityToken"], answered["Audience"]) == ("jane", CLIENT)
    session = server.client("sts", answered["Credentials"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Web/me"
    assert refused(assume, token=signed_in(provider, "joe", own)) == NOT_AUTHORIZED
