"""The first start: one account, its root user, and that user's access key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from iamd.caller.ids import access_key_id, secret_access_key
from iamd.caller.passwords import hashed
from iamd.settings import Settings
from iamd.store.change import Change
from iamd.store.keyring import Keyring
from iamd.store.kind import Taken
from iamd.store.records import AccessKey, Account
from iamd.store.sealing import Sealer
from iamd.store.store import Store


@dataclass(frozen=True, slots=True)
class Root:
    """The root user as it was made. `secret` and `password` are kept only to be printed once, and only if iamd made
    them up."""

    account: Account
    key: AccessKey
    secret: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


EMAIL = "root@iamd.internal"
"""The root user's sign-in name where nobody chose one."""


def new_root(settings: Settings, sealer: Sealer, now: datetime, *, signs_in: bool = False) -> Root:
    """The account that the settings ask for; what they leave open is random and strong. The root user gets a password
    for the console if one is set or, when nothing at all is set for that user, if it `signs_in`."""
    account_id = settings.account_id or str(secrets.randbelow(9 * 10**11) + 10**11)
    key_id = settings.root_access_key_id or access_key_id(account_id)
    given = settings.root_secret_access_key
    secret = given or secret_access_key()
    email, password, made_up = settings.root_email or "", settings.root_password, None
    if signs_in and not given and not email:
        email, password = EMAIL, (made_up := secrets.token_urlsafe(18))
    account = Account(account_id, now, email=email, root_password=password and hashed(password))
    sealed = sealer.seal(secret.encode(), key_id.encode())
    return Root(account, AccessKey(account_id, key_id, account_id, sealed, now), None if given else secret, made_up)


async def first_account(store: Store, settings: Settings, now: datetime) -> Root | None:
    """Make the account that the settings ask for in an empty store; None where there are accounts.

    Servers that start on one database at the same time make one account between them.
    """
    if store.account_ids():
        return None
    if settings.account_id is None:
        settings = replace(settings, account_id=_id_for(store.keyring))
    root = new_root(settings, store.sealer, now, signs_in=True)
    try:
        await ensure_account(store, root)
    except Taken:  # by another server
        await store.relist()
        return None
    return root


def _id_for(keyring: Keyring) -> str:
    """An account id as good as random, but the same for all servers on a database."""
    key = keyring.token_keys[min(keyring.token_keys)]
    return str(int.from_bytes(sha256(b"first account" + key).digest()) % (9 * 10**11) + 10**11)


async def ensure_account(store: Store, root: Root) -> None:
    """Put the account and its root key into an empty store."""

    def create(change: Change) -> None:
        records = change.create(root.account.account_id)
        records.accounts.add(root.account)
        records.access_keys.add(root.key)

    await store.write(create)
