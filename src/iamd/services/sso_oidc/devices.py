"""StartDeviceAuthorization: a program shows a code, which a person enters in a browser to allow what it asks for.

RFC 8628. What waits for people is kept, because codes are short; anybody may start it, so there is a bound, for each
address and in all, at which the oldest of those that have most waiting gives way.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from iamd.caller.strangers import place_of, site_of
from iamd.services.access_portal.grants import DeviceCode
from iamd.services.access_portal.instances import base_url, instance_at, instance_of
from iamd.services.call import PublicCall, Realm, Reply
from iamd.services.sso_oidc.api import DEVICE_CODE, sso_oidc
from iamd.services.sso_oidc.clients import proven
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import DEVICE_AUTHORIZATIONS, DeviceAuthorization
from iamd.wire.oidc_errors import InvalidRequestException, SlowDownException, UnauthorizedClientException

LIFE = timedelta(minutes=10)
INTERVAL = 1  # seconds
PATH = "/device"
MOST, MOST_FROM_ONE = 1_000, 50  # that wait at a time
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628, 6.1)


@sso_oidc.public
async def start_device_authorization(call: PublicCall, *, client_id: str, client_secret: str, start_url: str) -> Reply:
    """Begin to wait for a person's consent, for ten minutes.

    https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html
    """
    client = proven(call, client_id, client_secret)
    if DEVICE_CODE not in client.grant_types:
        raise UnauthorizedClientException()
    center = await instance_at(call.realm, start_url)
    if center is None or client.issuer not in (None, center.account_id):
        raise InvalidRequestException("startUrl is not the access portal of an instance of this server.")
    secret, expires = secrets.token_hex(16), call.now + LIFE
    code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    waiting = DeviceAuthorization(
        center.account_id,
        code,
        digest(secret),
        client.name,
        client.key,
        client.scopes,
        place_of(call.client_ip) or call.client_ip,
        expires,
    )
    await call.realm.store.write(lambda change: _wait(change, waiting, call.now))
    shown, uri = f"{code[:4]}-{code[4:]}", f"{base_url(call.realm, call.host, call.secure)}{PATH}"
    device_code = DeviceCode(center.account_id, code, secret, int(expires.timestamp()))
    return {
        "deviceCode": device_code.sealed(call.realm.sealer),
        "userCode": shown,
        "verificationUri": uri,
        "verificationUriComplete": f"{uri}?user_code={shown}",
        "expiresIn": int(LIFE.total_seconds()),
        "interval": INTERVAL,
    }


def _wait(change: Change, waiting: DeviceAuthorization, now: datetime) -> None:
    """Add it, in the place of those that are over; raises SlowDownException when there are too many."""
    authorizations = change.records(waiting.account_id).device_authorizations
    for each in list(authorizations):
        if each.expires <= now:
            authorizations.remove(each)
    if authorizations.count("address", waiting.address) >= MOST_FROM_ONE:
        raise SlowDownException()
    if len(authorizations) >= MOST:
        authorizations.remove(_gives_way([each for each in authorizations if each.state == "pending"], waiting.address))
    authorizations.add(waiting)


def _gives_way(pending: Sequence[DeviceAuthorization], address: str) -> DeviceAuthorization:
    """The oldest of the site from which most wait, as long as fewer do from that of the address: whoever fills the room
    with many addresses keeps nobody else out. Raises SlowDownException where there is none."""
    share = Counter(_site(each.address) for each in pending)
    most = max(share.values(), default=0)
    if share[_site(address)] >= most:
        raise SlowDownException()
    return min((each for each in pending if share[_site(each.address)] == most), key=lambda each: each.expires)


def _site(place: str) -> str:
    """What shares are counted by: of IPv6 a site has very many places."""
    return site_of(place.removesuffix("/64")) or place


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def as_entered(text: str) -> str:
    """A code as a person may have typed it."""
    return "".join(each for each in text[:32].upper() if each.isalnum())


async def waiting_for(realm: Realm, code: str, now: datetime) -> DeviceAuthorization | None:
    """What waits under a code that a person has entered."""
    entered = as_entered(code)
    for account_id in await realm.store.holders(DEVICE_AUTHORIZATIONS.name, code=entered) if entered else ():
        center = await instance_of(realm, account_id)
        found = None if center is None else waiting(await realm.store.load(account_id), code, now)
        if found is not None:
            return found
    return None


def waiting(records: Records, code: str, now: datetime) -> DeviceAuthorization | None:
    """What waits under that code, in one account's records."""
    found: DeviceAuthorization | None = records.device_authorizations.get(as_entered(code))
    return found if found is not None and found.expires > now and found.state == "pending" else None
