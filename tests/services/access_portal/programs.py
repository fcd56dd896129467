"""A program that asks people for their access at the portal, as the AWS CLI does it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from contextlib import closing
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "sso:account:access"
REGISTERED, CALLED_BACK = "http://127.0.0.1/oauth/callback", "http://127.0.0.1:53037/oauth/callback"


def unsigned(service: str, endpoint: str) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, parameter_validation=False)
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", config=config)


def refused(call: Any, **params: Any) -> tuple[str, int, str]:
    """Code, status and message with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def raw(endpoint: str, method: str, target: str, body: bytes | None = None) -> tuple[str | None, bytes]:
    """The error's code and the body with which a request is answered."""
    with closing(http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=20)) as connection:
        connection.request(method, target, body, {"content-type": "application/json"})
        answered = connection.getresponse()
        return answered.getheader("x-amzn-errortype"), answered.read()


class Program:
    """A program with a registration of its own; `scopes` are those of an `sso-session`."""

    def __init__(self, endpoint: str, start_url: str, scopes: tuple[str, ...] = (SCOPE,), **registered: Any) -> None:
        self.endpoint, self.start_url = endpoint, start_url
        self.oidc, self.portal = unsigned("sso-oidc", endpoint), unsigned("sso", endpoint)
        given = {"clientName": "botocore-client-work", "clientType": "public", "scopes": list(scopes), **registered}
        self.registration = self.oidc.register_client(**given)
        self.client = {name: self.registration[name] for name in ("clientId", "clientSecret")}
        self.state, self.verifier = secrets.token_hex(16), secrets.token_urlsafe(48)

    def start(self, **changes: Any) -> dict[str, Any]:
        """Begin to wait for somebody."""
        given = {**self.client, "startUrl": self.start_url, **changes}
        waiting: dict[str, Any] = self.oidc.start_device_authorization(**given)
        return waiting

    def poll(self, waiting: dict[str, Any], **changes: Any) -> Any:
        given = {**self.client, "grantType": DEVICE_CODE, "deviceCode": waiting["deviceCode"], **changes}
        return self.oidc.create_token(**given)

    def refresh(self, token: str) -> Any:
        return self.oidc.create_token(**self.client, grantType="refresh_token", refreshToken=token)

    def link(self, **changes: str) -> str:
        """What the browser is to open, below the endpoint, in the flow with a code."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client["clientId"],
            "redirect_uri": CALLED_BACK,
            "state": self.state,
            "code_challenge_method": "S256",
            "scopes": SCOPE,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            **changes,
        }
        return f"/authorize?{urlencode(query)}"

    def exchange(self, code: str, **changes: str) -> Any:
        given = {"code": code, "redirectUri": CALLED_BACK, "codeVerifier": self.verifier, **changes}
        return self.oidc.create_token(**self.client, grantType="authorization_code", **given)
