"""A person with a browser, and a program that runs `aws login`, as the AWS CLI does it."""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import re
import secrets
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.live import Live

SAME = "arn:aws:signin:::devtools/same-device"
CROSS = "arn:aws:signin:::devtools/cross-device"
PASSWORD = "correct horse battery 9!"
LOCAL_DEVELOPMENT = "arn:aws:iam::aws:policy/SignInLocalDevelopmentAccess"
WRONG = "Your authentication information is incorrect. Please try again."
CALLBACK = "http://127.0.0.1:53037/oauth/callback"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def subjects(server: Live, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """By what attempts are counted from now on."""
    attempts = server.realm.attempts
    known, counted = attempts.count, []

    def count(subject: str, attempt: str, now: datetime) -> bool:
        counted.append(subject)
        return known(subject, attempt, now)

    monkeypatch.setattr(attempts, "count", count)
    return counted


@dataclass
class Page:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def location(self) -> dict[str, str]:
        """The query of the redirect."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.headers["location"]).query).items()}

    @property
    def problem(self) -> str:
        found = re.search(r'<p class="problem" role="alert">(.*?)</p>', self.body, re.DOTALL)
        return html.unescape(found[1]) if found else ""


@dataclass
class Browser:
    """Keeps cookies, fills in forms, follows nothing by itself."""

    endpoint: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def open(self, target: str, form: dict[str, str] | None = None) -> Page:
        with closing(http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=20)) as connection:
            headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **self.headers}
            body = None
            if form is not None:
                headers["content-type"], body = "application/x-www-form-urlencoded", urlencode(form)
            connection.request("GET" if form is None else "POST", target, body, headers)
            answered = connection.getresponse()
            told = {name.lower(): value for name, value in answered.getheaders()}
            self.keep(answered)
            return Page(answered.status, told, answered.read().decode())

    def keep(self, answered: http.client.HTTPResponse) -> None:
        """Keep the cookies that an answer sets."""
        for header in answered.headers.get_all("set-cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value

    def submit(self, page: Page, **entered: str) -> Page:
        """Send the form of a page, with what was entered."""
        action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page.body)[1])  # type: ignore[index]
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.body)
        return self.open(action, {**{name: html.unescape(value) for name, value in hidden}, **entered})

    def sign_in(self, program: Program, **entered: str) -> Page:
        """From the program's link to the page after the sign-in."""
        return self.submit(self.open(program.link()), **entered)


class Program:
    """A program with a key of its own."""

    def __init__(self, endpoint: str, client_id: str = SAME, redirect: str = CALLBACK) -> None:
        self.endpoint, self.client_id, self.redirect = endpoint, client_id, redirect
        self.state = secrets.token_hex(16)
        self.verifier = secrets.token_urlsafe(48)
        self.key = ec.generate_private_key(ec.SECP256R1())
        config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
        self.client = boto3.client("signin", endpoint_url=endpoint, region_name="us-east-1", config=config)
        self.proof: str | None = None  # to send in place of a good one
        self.client.meta.events.register("before-call.signin.CreateOAuth2Token", self._prove)

    def link(self, **changes: str | None) -> str:
        """What the browser is to open, below the endpoint."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "state": self.state,
            "code_challenge_method": "SHA-256",
            "scope": "openid",
            "redirect_uri": self.redirect,
            "code_challenge": b64(hashlib.sha256(self.verifier.encode()).digest()),
            **changes,
        }
        return f"/v1/authorize?{urlencode({name: value for name, value in query.items() if value is not None})}"

    def _prove(self, params: dict[str, Any], **kwargs: Any) -> None:
        if self.proof != "":
            params["headers"]["DPoP"] = self.proof or self.make_proof(params["url"])

    def make_proof(self, url: str, *, key: Any = None, header: Any = None, **claims: Any) -> str:
        """A proof of possession as botocore makes it, but for what is told otherwise."""
        numbers = self.key.public_key().public_numbers()
        x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}
        payload = {"htm": "POST", "htu": url, "iat": int(time.time()), "jti": secrets.token_hex(8), **claims}
        signing = ".".join(b64(json.dumps(part).encode()) for part in ({**head, **(header or {})}, payload))
        r, s = decode_dss_signature((key or self.key).sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signing}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def exchange(self, code: str, **changes: str) -> dict[str, Any]:
        """The tokens for a code."""
        given = {
            "clientId": self.client_id,
            "grantType": "authorization_code",
            "code": code,
            "codeVerifier": self.verifier,
            "redirectUri": self.redirect,
            **changes,
        }
        output: dict[str, Any] = self.client.create_o_auth2_token(tokenInput=given)["tokenOutput"]
        return output

    def refresh(self, token: str) -> dict[str, Any]:
        """The tokens for a refresh token."""
        given = {"clientId": self.client_id, "grantType": "refresh_token", "refreshToken": token}
        output: dict[str, Any] = self.client.create_o_auth2_token(tokenInput=given)["tokenOutput"]
        return output


def credentials(output: dict[str, Any]) -> dict[str, str]:
    """Credentials of an answer, as clients of the other services take them."""
    given = output["accessToken"]
    return {
        "AccessKeyId": given["accessKeyId"],
        "SecretAccessKey": given["secretAccessKey"],
        "SessionToken": given["sessionToken"],
    }


def claims(token: str) -> dict[str, Any]:
    """What a JWT says."""
    part = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def allowed(browser: Browser, program: Program, entered: dict[str, str]) -> Page:
    return browser.submit(browser.sign_in(program, **entered), answer="allow")


def logged_in(browser: Browser, program: Program, entered: dict[str, str]) -> dict[str, Any]:
    return program.exchange(allowed(browser, program, entered).location["code"])


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str]:
    """The name of the exception and Sign-In's own code."""
    with pytest.raises(ClientError) as raised:
        call(*args, **kwargs)
    return raised.value.response["Error"]["Code"], raised.value.response.get("error", "")
