"""The two ceremonies of WebAuthn, in which a browser shows that its person has a passkey or a security key.

https://www.w3.org/TR/webauthn-3/. What is signed names the host that the browser was at, so nothing that is shown to
another site is worth anything here. Attestation is not asked for: which maker's key it is makes no difference.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from iamd.store.kinds.sign_in import Passkey

_TRUSTED_HOSTS = ("localhost",)  # where browsers offer passkeys without TLS
_LONGEST = 65_536  # characters of what a browser sends
_LONGEST_ID = 1_023  # bytes, by the standard
_TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")


class Unproven(Exception):
    """The browser has not shown what was asked for, or not in time."""


class NoSite(Exception):
    """Browsers offer no passkeys at this address; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a browser is, as it signs it: the host, which the passkey belongs to, and the origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Created:
    """A new credential: what a `Passkey` keeps of it."""

    id: str  # base64url
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


def site_of(authority: str, secure: bool) -> Site:
    """The site at that host, and port where it is not the usual one. Raises NoSite."""
    host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdigit() else authority
    host = host.lower()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        raise NoSite("Passkeys belong to a name, not to an address: open the console by its host name, or `localhost`.")
    if not secure and host not in _TRUSTED_HOSTS:
        raise NoSite("Browsers offer passkeys over HTTPS only: put TLS before the server, or open it as `localhost`.")
    return Site(host, f"{'https' if secure else 'http'}://{authority.lower()}")


def creation_options(
    site: Site, challenge: bytes, owner_id: str, names: tuple[str, str], known: Iterable[Passkey]
) -> dict[str, Any]:
    """What `navigator.credentials.create` takes, as JSON: for the owner of those two names, short and displayed, whose
    `known` keys are not to be enrolled twice."""
    from webauthn import generate_registration_options
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement

    name, displayed = names
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="iamd",
        user_id=owner_id.encode(),
        user_name=name,
        user_display_name=displayed,
        challenge=challenge,
        # Known by the time that it is asked for, so a security key need not keep it.
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.PREFERRED),
        exclude_credentials=_descriptors(site, known),
    )
    return _as_json(options)


def created(site: Site, challenge: bytes, answer: str) -> Created:
    """The credential that a browser made, by its answer as JSON. Raises Unproven."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    _require_length(answer)
    try:
        found = verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=site.host, expected_origin=site.origin
        )
        transports = json.loads(answer).get("response", {}).get("transports")
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unproven from None
    if len(found.credential_id) > _LONGEST_ID:
        raise Unproven
    given = transports if isinstance(transports, list) else []
    return Created(
        bytes_to_base64url(found.credential_id),
        found.credential_public_key,
        found.sign_count,
        tuple(each for each in _TRANSPORTS if each in given),
    )


def request_options(site: Site, challenge: bytes, known: Iterable[Passkey]) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, as JSON: any of the `known` keys will do."""
    from webauthn import generate_authentication_options

    return _as_json(
        generate_authentication_options(
            rp_id=site.host, challenge=challenge, allow_credentials=_descriptors(site, known)
        )
    )


def shown(site: Site, challenge: bytes, known: Iterable[Passkey], answer: str) -> tuple[Passkey, int]:
    """Which of the keys has signed, by a browser's answer as JSON, and how often it says that it has. Raises Unproven,
    also for a key that has been copied: one that says less than before."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    _require_length(answer)
    try:
        named = json.loads(answer)["id"]
        passkey = next(each for each in known if each.id == named and each.host == site.host)
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, StopIteration, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unproven from None
    return passkey, found.new_sign_count


def _require_length(answer: str) -> None:
    if len(answer) > _LONGEST:
        raise Unproven


def _descriptors(site: Site, known: Iterable[Passkey]) -> Any:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.id), transports=[AuthenticatorTransport(name) for name in each.transports]
        )
        for each in known
        if each.host == site.host
    ]


def _as_json(options: Any) -> dict[str, Any]:
    from webauthn import options_to_json

    document: dict[str, Any] = json.loads(options_to_json(options))
    return document
