"""The keys of OpenID Connect issuers: found by discovery, kept until they expire, fetched again when one is unknown.

https://openid.net/specs/openid-connect-discovery-1_0.html. Only for issuers that an account has registered: nobody
else's token may make this server ask anyone.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, NamedTuple

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from iamd.caller.outgoing import Outgoing, Unreachable, Untrusted
from iamd.wire.errors import AwsError, IDPCommunicationError, InvalidIdentityToken

Key = RSAKey | ECKey

SHORTEST, USUAL, LONGEST = 60.0, 900.0, 86_400.0  # seconds that keys are kept, whatever the issuer wishes
RETRIES = 5  # fetches in a window besides those of expired keys: for unknown keys, and after failures
WINDOW = 60.0
MAX_ISSUERS = 2_000
MAX_KEYS = 200  # AWS takes a hundred RSA keys and a hundred of elliptic curves
RSA_BITS = range(2_048, 8_193)  # smaller ones are weak, larger ones slow

_is_endpoint = re.compile(r"https://(?![/?@])[!\"$-\[\]-~]{1,2001}").fullmatch
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=([0-9]{1,9})(?:$|[,\s])")
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
_OTHER_CERTIFICATE = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"


class Configuration(NamedTuple):
    """What an issuer's discovery document says of signing people in. Endpoints are https URLs, or None.

    `secret_methods` are the ways in which a client shows its secret; `names_itself` tells that the answer to an
    authorization request always names the issuer (RFC 9207).
    """

    authorization: str | None = None
    token: str | None = None
    secret_methods: tuple[str, ...] = ("client_secret_basic",)
    names_itself: bool = False


class _Kept:
    """What is known of one issuer under one set of thumbprints."""

    __slots__ = ("configuration", "expires", "failure", "fetching", "keys", "retries", "window")

    def __init__(self) -> None:
        self.configuration = Configuration()
        self.keys: Mapping[str | None, Key] = {}
        self.expires = 0.0
        self.failure: AwsError | None = None
        self.fetching: asyncio.Task[None] | None = None
        self.window, self.retries = 0.0, 0

    def refusal(self) -> AwsError:
        """What to raise: an exception that is raised again would keep the frames of all who were told before."""
        return (self.failure or InvalidIdentityToken(_NO_KEY)).with_traceback(None)


class Issuers:
    """The present keys of issuers. `clock` counts seconds."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float] = monotonic) -> None:
        self.outgoing = outgoing
        self._clock = clock
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], _Kept] = OrderedDict()

    async def key(self, url: str, thumbprints: tuple[str, ...], kid: str | None) -> Key:
        """The issuer's key of that id; without one, its only key. `url` is the issuer without its scheme.

        Raises IDPCommunicationError and InvalidIdentityToken. What one account's thumbprints made trusted is no other
        account's answer.
        """
        kept = self._of(url, thumbprints)
        expired = self._clock() >= kept.expires
        if (expired and kept.failure is None) or ((expired or kid not in kept.keys) and self._may_retry(kept)):
            await self._fetch(kept, url, thumbprints)
        if kid in kept.keys and self._clock() < kept.expires:
            return kept.keys[kid]
        raise kept.refusal()

    async def configuration(self, url: str, thumbprints: tuple[str, ...]) -> Configuration:
        """How the issuer signs people in. Raises as `key` does."""
        kept = self._of(url, thumbprints)
        if self._clock() >= kept.expires and (kept.failure is None or self._may_retry(kept)):
            await self._fetch(kept, url, thumbprints)
        if self._clock() < kept.expires:
            return kept.configuration
        raise kept.refusal()

    def clear(self) -> None:
        """Forget every key."""
        self._kept.clear()

    def _of(self, url: str, thumbprints: tuple[str, ...]) -> _Kept:
        kept = self._kept.setdefault((url, thumbprints), _Kept())
        self._kept.move_to_end((url, thumbprints))
        if len(self._kept) > MAX_ISSUERS:
            self._kept.popitem(last=False)
        return kept

    def _may_retry(self, kept: _Kept) -> bool:
        """Whether one more fetch is due, counting it: garbage tokens must not make this server hammer an issuer."""
        if kept.fetching is not None:
            return True
        if self._clock() - kept.window >= WINDOW:
            kept.window, kept.retries = self._clock(), 0
        kept.retries += 1
        return kept.retries <= RETRIES

    async def _fetch(self, kept: _Kept, url: str, thumbprints: tuple[str, ...]) -> None:
        """Fetch once, however many wait for it."""
        if kept.fetching is None:
            kept.fetching = asyncio.get_running_loop().create_task(self._refresh(kept, url, thumbprints))
        await asyncio.shield(kept.fetching)

    async def _refresh(self, kept: _Kept, url: str, thumbprints: tuple[str, ...]) -> None:
        try:
            kept.configuration, kept.keys, seconds = await self._found(url, thumbprints)
            kept.expires, kept.failure = self._clock() + seconds, None
        except Unreachable as error:
            kept.failure = IDPCommunicationError(f"The identity provider https://{url} could not be reached: {error}")
        except Untrusted:
            kept.failure = InvalidIdentityToken(_OTHER_CERTIFICATE)
        except AwsError as error:
            kept.failure = error
        finally:
            kept.fetching = None

    async def _found(
        self, url: str, thumbprints: tuple[str, ...]
    ) -> tuple[Configuration, Mapping[str | None, Key], float]:
        """What discovery tells, keys by id, and for how many seconds both hold."""
        issuer = f"https://{url}"
        found, _ = await self.outgoing.get(f"{issuer.removesuffix('/')}/.well-known/openid-configuration", thumbprints)
        configuration = _json(found)
        where = configuration.get("jwks_uri")
        if configuration.get("issuer") != issuer or not isinstance(where, str):
            raise InvalidIdentityToken(_NO_KEY)
        document, headers = await self.outgoing.get(where, thumbprints)
        wished = _MAX_AGE.search(headers.get("cache-control", "").lower())
        seconds = min(max(float(wished[1]) if wished else USUAL, SHORTEST), LONGEST)
        return _configuration(configuration), key_set(_json(document)), seconds


def _configuration(document: Mapping[str, Any]) -> Configuration:
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata"""
    methods = document.get("token_endpoint_auth_methods_supported")
    listed = tuple(each for each in methods if isinstance(each, str)) if isinstance(methods, list) else ()
    return Configuration(
        _endpoint(document.get("authorization_endpoint")),
        _endpoint(document.get("token_endpoint")),
        listed or Configuration().secret_methods,
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(url: Any) -> str | None:
    return url if isinstance(url, str) and _is_endpoint(url) else None


def key_set(document: Mapping[str, Any]) -> Mapping[str | None, Key]:
    """The usable keys of a JWK set by `kid`; a lone key also by None. Raises InvalidIdentityToken without any."""
    listed = document.get("keys")
    found: dict[str | None, Key] = {}
    usable = [key for key in map(_key, (listed if isinstance(listed, list) else [])[:MAX_KEYS]) if key is not None]
    for kid, key in usable:
        found.setdefault(kid, key)
    if len(usable) != 1:
        found.pop(None, None)
    else:
        found[None] = usable[0][1]
    if not found:
        raise InvalidIdentityToken(_NO_KEY)
    return found


def _key(described: Any) -> tuple[str | None, Key] | None:
    """A key for signatures with its id; None for one of another kind, another use, or too weak: it verifies nothing."""
    if not isinstance(described, dict) or described.get("kty") not in ("RSA", "EC") or "d" in described:
        return None
    kid = described.get("kid")
    if described.get("use", "sig") != "sig" or not isinstance(kid, str | None):
        return None
    try:
        if described["kty"] == "RSA" and _bits(described["n"]) not in RSA_BITS:
            return None
        key = JWKRegistry.import_key({name: described[name] for name in _PUBLIC if name in described})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return (kid, key) if isinstance(key, RSAKey | ECKey) else None


def _bits(modulus: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)), "big").bit_length()


_PUBLIC = ("kty", "n", "e", "crv", "x", "y")


def _json(document: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidIdentityToken(_NO_KEY) from None
