"""RegisterClient: programs that may ask people for their access. Nothing is kept of them.

A client's id is its registration, sealed: any process reads it, also where the id comes without the secret, in the link
that a person opens. The secret is sealed, too, and belongs to one id.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

import msgspec

from iamd.services.access_portal.instances import base_url, instance_at
from iamd.services.access_portal.sessions import key_of
from iamd.services.call import PublicCall, Realm, Reply
from iamd.services.carried import Carried
from iamd.services.signin.code_requests import loopback_origin
from iamd.services.sso_oidc.api import (
    ACCOUNT_ACCESS,
    AUTHORIZATION_CODE,
    DEVICE_CODE,
    GRANT_TYPES,
    REFRESH_TOKEN,
    sso_oidc,
)
from iamd.wire.oidc_errors import (
    InvalidClientException,
    InvalidClientMetadataException,
    InvalidRedirectUriException,
    InvalidRequestException,
    InvalidScopeException,
    UnsupportedGrantTypeException,
)

LIFE = timedelta(days=90)
_LONGEST_NAME, _LONGEST_URI = 255, 255
_SCOPES = frozenset({ACCOUNT_ACCESS, "openid", "aws"})


class Client(Carried, frozen=True, array_like=True):
    """A registration. `issuer` is the account of the instance that it is for, None where any will do; `key` is a digest
    of the client's id, and not sealed."""

    context = b"portal client"

    name: str
    grant_types: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    issuer: str | None
    expires: int  # seconds of the epoch
    key: str = ""


class _Secret(Carried, frozen=True, array_like=True):
    context = b"portal client secret"

    key: str
    expires: int


@sso_oidc.public
async def register_client(
    call: PublicCall,
    *,
    client_name: str,
    client_type: str,
    scopes: list[str] | None = None,
    redirect_uris: list[str] | None = None,
    grant_types: list[str] | None = None,
    issuer_url: str | None = None,
    entitled_application_arn: str | None = None,
) -> Reply:
    """Tell a program its client id and secret, which are good for 90 days.

    https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html
    """
    if client_type != "public":
        raise InvalidClientMetadataException("clientType must be public.")
    if not 0 < len(client_name) <= _LONGEST_NAME or not client_name.isprintable():
        raise InvalidClientMetadataException("clientName must have 1 to 255 printable characters.")
    if entitled_application_arn is not None:
        raise InvalidClientMetadataException("entitledApplicationArn: iamd has no applications that clients belong to.")
    expires = int((call.now + LIFE).timestamp())
    client = Client(
        client_name,
        _grant_types(grant_types, redirect_uris),
        _redirect_uris(redirect_uris or []),
        _scopes(scopes or []),
        await _issuer(call.realm, issuer_url),
        expires,
    )
    client_id = client.sealed(call.realm.sealer)
    base = base_url(call.realm, call.host, call.secure)
    return {
        "clientId": client_id,
        "clientSecret": _Secret(key_of(client_id), expires).sealed(call.realm.sealer),
        "clientIdIssuedAt": int(call.now.timestamp()),
        "clientSecretExpiresAt": expires,
        "authorizationEndpoint": f"{base}/authorize",
        "tokenEndpoint": f"{base}/token",
    }


def _grant_types(given: list[str] | None, redirect_uris: list[str] | None) -> tuple[str, ...]:
    """Without any, those that every client has had before it could choose."""
    unknown = [each for each in given or () if each not in GRANT_TYPES]
    if unknown:
        raise UnsupportedGrantTypeException(f"grantTypes must be among {', '.join(sorted(GRANT_TYPES))}.")
    if given and AUTHORIZATION_CODE in given and not redirect_uris:
        raise InvalidRedirectUriException("redirectUris are required for authorization_code.")
    return tuple(sorted(set(given))) if given else (REFRESH_TOKEN, DEVICE_CODE)


def _redirect_uris(given: list[str]) -> tuple[str, ...]:
    """URIs of the person's own machine: whoever registers is unknown, so a code is sent nowhere else (RFC 8252, 7.3)."""
    if len(given) > 10:
        raise InvalidRedirectUriException("There may be up to 10 redirectUris.")
    for uri in given:
        if len(uri) > _LONGEST_URI or loopback_origin(uri) is None:
            raise InvalidRedirectUriException("redirectUris must be http URLs of 127.0.0.1, [::1] or localhost.")
    return tuple(given)


def _scopes(given: list[str]) -> tuple[str, ...]:
    unknown = [each for each in given if each not in _SCOPES]
    if unknown:
        raise InvalidScopeException(f"Scopes must be among {', '.join(sorted(_SCOPES))}.")
    return tuple(sorted(set(given)))


async def _issuer(realm: Realm, url: str | None) -> str | None:
    if url is None:
        return None
    center = await instance_at(realm, url)
    if center is None:
        raise InvalidRequestException("issuerUrl is not the access portal of an instance of this server.")
    return center.account_id


def client_of(call: Any, client_id: str) -> Client | None:
    """The registration that a client's id is, unless it has expired. `call` is anything with a realm and the time."""
    client = Client.opened(call.realm.sealer, client_id)
    if client is None or client.expires <= call.now.timestamp():
        return None
    return msgspec.structs.replace(client, key=key_of(client_id))


def proven(call: PublicCall, client_id: str, client_secret: str) -> Client:
    """The client that has shown its secret. Raises InvalidClientException."""
    client = client_of(call, client_id)
    secret = _Secret.opened(call.realm.sealer, client_secret)
    if client is None or secret is None or not hmac.compare_digest(secret.key, client.key):
        raise InvalidClientException()
    return client
