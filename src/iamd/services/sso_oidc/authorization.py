"""Giving a program leave in a browser: the authorization request, and the code that comes of it.

RFC 6749, 4.1, with PKCE (RFC 7636) and redirects to the person's own machine only (RFC 8252, 7.3): the port may be any.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from iamd.services.access_portal.grants import Code, seal_code
from iamd.services.signin.grants import digest
from iamd.services.signin.passwords import Visit
from iamd.services.signin.people import Person
from iamd.services.sso_oidc.api import AUTHORIZATION_CODE
from iamd.services.sso_oidc.clients import Client, client_of, origin_of

PATH = "/authorize"
_LONGEST = 2_048
_is_plain = re.compile(r"[\x21-\x7e]+").fullmatch
_is_challenge = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch


class Malformed(Exception):
    """An authorization request that is answered with a page, and never with a redirect."""


@dataclass(frozen=True, slots=True)
class Requested:
    """An authorization request that is well-formed; `origin` is that of the redirect."""

    client: Client
    scopes: tuple[str, ...]
    redirect_uri: str
    origin: str
    state: str
    challenge: bytes

    def answer(self, **values: str) -> str:
        """The redirect that carries those values, and the client's state, back."""
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode({**values, 'state': self.state})}"


def read(visit: Visit, query: Mapping[str, str]) -> Requested:
    """The request in a query. Raises Malformed."""
    client = client_of(visit, query.get("client_id", ""))
    if client is None or AUTHORIZATION_CODE not in client.grant_types:
        raise Malformed("client_id must be that of a client that has registered for authorization codes.")
    redirect_uri, state = query.get("redirect_uri", ""), query.get("state", "")
    origin = origin_of(redirect_uri)
    if origin is None or _without_port(redirect_uri) not in map(_without_port, client.redirect_uris):
        raise Malformed("redirect_uri must be one that the client has registered.")
    if query.get("response_type") != "code":
        raise Malformed("response_type must be `code`.")
    if query.get("code_challenge_method") != "S256" or not _is_challenge(query.get("code_challenge", "")):
        raise Malformed("code_challenge must be a SHA-256 digest as base64url, and code_challenge_method S256.")
    if not 1 <= len(state) <= _LONGEST or not _is_plain(state):
        raise Malformed("state is required.")
    challenge = base64.urlsafe_b64decode(query["code_challenge"] + "=")
    return Requested(client, _scopes(client, query), redirect_uri, origin, state, challenge)


def _scopes(client: Client, query: Mapping[str, str]) -> tuple[str, ...]:
    """What is asked for, of what the client has registered: all of it where nothing is said. (The AWS CLI sends `scopes`,
    where OAuth has `scope`.)"""
    asked = re.split(r"[ ,]+", query.get("scopes") or query.get("scope") or "")
    wanted = tuple(sorted({each for each in asked if each})) or client.scopes
    if not set(wanted) <= set(client.scopes):
        raise Malformed("scopes must be among those that the client has registered.")
    return wanted


def _without_port(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.hostname or "").geturl()


def code_for(visit: Visit, person: Person, requested: Requested) -> str:
    """The code by which the program gets the person's access, within five minutes, once."""
    code = Code(
        secrets.token_hex(16),
        person,
        requested.client.key,
        requested.scopes,
        requested.challenge,
        digest(requested.redirect_uri),
        int(visit.now.timestamp()),
    )
    return seal_code(visit.realm.sealer, code)
