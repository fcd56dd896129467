"""Identity Center instances as people and programs name them: by the URL of the access portal."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from iamd.services.call import Realm
from iamd.store.kinds.identity_center import IDENTITY_CENTERS, IdentityCenter

PATH = "/start"
_LONGEST = 2_048
_of_aws = re.compile(
    r"([a-z0-9-]{1,63})\.awsapps\.com"
    r"|(ssoins-[0-9a-f]{16})\.(?:portal\.[a-z0-9-]+\.app\.aws|[a-z0-9-]+\.portal\.amazonaws\.com)"
).fullmatch
is_store_id = re.compile(r"d-[0-9a-f]{10}").fullmatch
_as_issuer = re.compile(r"/(ssoins-[0-9a-f]{16})/?").fullmatch
_ours = re.compile(rf"{PATH}(?:/(d-[0-9a-f]{{10}}))?/?").fullmatch


async def only_instance(realm: Realm) -> IdentityCenter | None:
    """The instance of this server; None where there is none, or another one."""
    found: IdentityCenter | None = None
    for account_id in await realm.store.holders(IDENTITY_CENTERS.name):
        center = await instance_of(realm, account_id)
        if center is not None and found is not None:
            return None
        found = center or found
    return found


async def instance_named(realm: Realm, name: str) -> IdentityCenter | None:
    """The instance whose id or whose store's id that is, or the alias of its account. No other account is looked into:
    strangers ask."""
    column = "store_id" if name.startswith("d-") else "id"
    for owner in await realm.store.holders(IDENTITY_CENTERS.name, **{column: name}):
        center = await instance_of(realm, owner)
        if center is not None and name in (center.store_id, center.id):
            return center
    owner_by_alias = realm.store.alias_owner(name)
    return None if owner_by_alias is None else await instance_of(realm, owner_by_alias)


async def instance_of(realm: Realm, account_id: str) -> IdentityCenter | None:
    """The instance that an account owns, if it has one and is not closed."""
    if not realm.store.has_account(account_id):
        return None
    records = realm.store.records(account_id) or await realm.store.load(account_id)
    center: IdentityCenter | None = records.identity_centers.get(account_id)
    return center if records.account.closed is None else None


async def instance_at(realm: Realm, url: str) -> IdentityCenter | None:
    """The instance that a URL means, or None.

    It is one of AWS's forms, `https://d-1234567890.awsapps.com/start` (also with the alias of the account that owns the
    instance), `https://ssoins-1234567890abcdef.portal.us-east-1.app.aws` and
    `https://identitycenter.amazonaws.com/ssoins-1234567890abcdef`; or this server's own: `/start/d-1234567890`, and
    `/start` where there is one instance only.
    """
    try:
        parts = urlsplit(url if len(url) <= _LONGEST else "")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    named, ours = _named(host, parts.path), None if host.endswith(".awsapps.com") else _ours(parts.path)
    if named is None and ours is None:
        return None
    wanted = named or (None if ours is None else ours[1])
    return await (only_instance(realm) if wanted is None else instance_named(realm, wanted))


def _named(host: str, path: str) -> str | None:
    if host == "identitycenter.amazonaws.com":
        issuer = _as_issuer(path)
        return None if issuer is None else issuer[1]
    named = _of_aws(host)
    return None if named is None else named[1] or named[2]


def portal_url(center: IdentityCenter) -> str:
    """The portal's URL in AWS's form, which the AWS CLI takes whatever this server's own is."""
    return f"https://{center.id}.portal.{center.region}.app.aws"


def base_url(realm: Realm, host: str, secure: bool) -> str:
    """Where people's browsers reach this server: as it was set, else as the client has called it."""
    if realm.public_url is not None:
        return realm.public_url.rstrip("/")
    return f"{'https' if secure else 'http'}://{host}"
