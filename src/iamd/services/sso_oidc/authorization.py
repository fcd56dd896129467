"""Giving a program leave in a browser: the authorization request, and the code that comes of it. The port of the redirect
may be another than that of the address that was registered (RFC 8252, 7.3)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from iamd.services.access_portal.grants import Code
from iamd.services.signin.code_requests import CodeRequest, Malformed, loopback_origin, state_and_challenge
from iamd.services.signin.grants import digest
from iamd.services.signin.passwords import Visit
from iamd.services.signin.people import Person
from iamd.services.sso_oidc.api import AUTHORIZATION_CODE
from iamd.services.sso_oidc.clients import Client, client_of

PATH = "/authorize"


@dataclass(frozen=True, slots=True)
class Requested(CodeRequest):
    """A request of a program that has registered."""

    client: Client
    scopes: tuple[str, ...]


def read(visit: Visit, query: Mapping[str, str]) -> Requested:
    """The request in a query. Raises Malformed."""
    client = client_of(visit, query.get("client_id", ""))
    if client is None or AUTHORIZATION_CODE not in client.grant_types:
        raise Malformed("client_id must be that of a client that has registered for authorization codes.")
    redirect_uri = query.get("redirect_uri", "")
    origin = loopback_origin(redirect_uri)
    if origin is None or _without_port(redirect_uri) not in map(_without_port, client.redirect_uris):
        raise Malformed("redirect_uri must be one that the client has registered.")
    return Requested(redirect_uri, origin, *state_and_challenge(query), client, _scopes(client, query))


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
    return code.sealed(visit.realm.sealer)
