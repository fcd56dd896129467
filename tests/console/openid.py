"""An OpenID Connect provider with a page to sign in at, and what it takes to let its people in to the console."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from tests.console.visits import call
from tests.issuer import Issuer
from tests.live import ACCOUNT
from tests.services.roles import make_role, permit, trust
from tests.services.signin.browser import Browser, Page

CLIENT = "the-console"
ANN = {"sub": "ann-1", "email": "ann@example.com", "email_verified": True}
Told = tuple[int, dict[str, str], bytes]


class People:
    """The side of an issuer that signs people in: `who` is everybody who comes, by claims; `secret` is the client's, None
    of a public one. `asked` are authorization requests and `exchanged` forms of the token endpoint, as they came."""

    def __init__(self, issuer: Issuer, secret: str | None = None) -> None:
        self.issuer, self.secret = issuer, secret
        self.who: dict[str, Any] = dict(ANN)
        self.asked: list[dict[str, str]] = []
        self.exchanged: list[dict[str, str]] = []
        self.methods = ["client_secret_basic"]
        self.tells_issuer = True
        self.codes: dict[str, dict[str, str]] = {}
        self.publish()

    def publish(self, **discovery: Any) -> None:
        issuer = self.issuer
        key = {**issuer.key.as_dict(private=False), "kid": issuer.kid, "use": "sig", "alg": issuer.alg}
        told = {
            "authorization_endpoint": f"{issuer.url}/authorize",
            "token_endpoint": f"{issuer.url}/token",
            "token_endpoint_auth_methods_supported": self.methods,
            "authorization_response_iss_parameter_supported": self.tells_issuer,
        }
        issuer.publish(key, **{**told, **discovery})
        issuer.pages["/authorize"] = self._page
        issuer.pages["/token"] = self._token

    def sign_in(self, location: str) -> str:
        """Sign in at the address that the console sends to; where the person is sent back to, below the origin."""
        asked = dict(parse_qsl(urlsplit(location).query))
        self.asked.append(asked)
        code = secrets.token_hex(8)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], **({"iss": self.issuer.url} if self.tells_issuer else {})}
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode(answer)}"

    def _page(self, asked: dict[str, str], headers: Any) -> Told:
        back = urlsplit(asked["redirect_uri"])
        there = f"{back.scheme}://{back.netloc}{self.sign_in('?' + urlencode(asked))}"
        shown = f'<!doctype html><h1>Provider</h1><a href="{html.escape(there)}">I am Ann</a>'
        return 200, {"Content-Type": "text/html"}, shown.encode()

    def _token(self, form: dict[str, str], headers: Any) -> Told:
        self.exchanged.append({**form, "authorization": headers.get("authorization") or ""})
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not self._is_its(form, asked):
            return 400, {}, b'{"error": "invalid_grant"}'
        if self.secret is not None and not self._is_client(form, headers):
            return 401, {}, b'{"error": "invalid_client"}'
        token = self.issuer.token(**{"aud": asked["client_id"], "nonce": asked["nonce"], **self.who})
        return 200, {}, json.dumps({"id_token": token, "access_token": "x", "token_type": "Bearer"}).encode()

    def _is_its(self, form: dict[str, str], asked: dict[str, str]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        same = all(form.get(name) == asked[name] for name in ("redirect_uri", "client_id"))
        return same and challenge == asked["code_challenge"]

    def _is_client(self, form: dict[str, str], headers: Any) -> bool:
        pair = base64.b64encode(f"{CLIENT}:{quote_plus(self.secret or '')}".encode()).decode()  # RFC 6749, 2.3.1
        return f"Basic {pair}" == headers.get("authorization") or form.get("client_secret") == self.secret


def provider_arn(issuer: Issuer) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.host}"


def trusting(issuer: Issuer, **claims: str) -> str:
    """A trust policy for people of the console with those claims."""
    keys = {f"{issuer.host}:{name}": value for name, value in {"aud": CLIENT, **claims}.items()}
    federated = {"Federated": provider_arn(issuer)}
    return trust(federated, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": keys})


def role_of(iam: Any, name: str, issuer: Issuer, **claims: str) -> str:
    """A role that lists users, for people with those claims; its ARN."""
    arn = make_role(iam, name, trusting(issuer, **claims), MaxSessionDuration=7200)
    permit(iam, name, "iam:ListUsers")
    return arn


def declare(administrator: Browser, issuer: Issuer, *roles: str, **more: Any) -> tuple[int, Any]:
    """Let people of the provider in as those roles."""
    told = {"ClientId": CLIENT, "ClientType": "public", "Label": "Example & Co", "RoleArns": list(roles), **more}
    params = {"OpenIDConnectProviderArn": provider_arn(issuer), **told}
    return call(administrator, "PutConsoleSignIn", params, "iamd")


def button(page: Page) -> str:
    """Where the button of the sign-in page leads."""
    return html.unescape(page.body.partition('<a class="button" href="')[2].partition('"')[0])
