"""`iamd identity`."""

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from iamd.caller.passwords import hashed
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, event, in_account
from iamd.services.access_portal.passwords import link_for, one_time_password, put
from iamd.store import Change, Store
from iamd.store.image import Records
from iamd.store.kinds.identity_center import IDENTITY_CENTERS
from iamd.store.kinds.identity_store import StoreUser

_URL = "http://127.0.0.1:4500"


@dataclass(frozen=True, slots=True)
class _Given:
    """What a person signs in with: a password, or a link that sets one."""

    user: str
    portal: str
    password: str | None
    link: str | None
    removed: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, for whom, and where the data are."""
    parser.add_argument("action", choices=["set-password"], help="what to do")
    parser.add_argument("user", metavar="USER", help="the name of a user of IAM Identity Center")
    parser.add_argument("--link", action="store_true", help="make a link by which the person sets a password")
    parser.add_argument("--url", default=_URL, help=f"where people reach the server; default: {_URL}")
    parser.add_argument("--forget-mfa", action="store_true", help="take the person's authenticator apps away as well")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Let a person in: by a password for one time, or by a link, good once and for a week. Also while the server runs."""
    password = None if args.link else one_time_password()
    stored = None if password is None else hashed(password)

    async def run(store: Store, account_id: str) -> _Given:
        return await store.write(lambda change: _give(change, store, account_id, args, password, stored))

    given = in_account(args, run, IDENTITY_CENTERS)
    if args.json:
        told = {"user": given.user, "portal": given.portal, "password": given.password, "link": given.link}
        print(json.dumps({**told, "removedDevices": given.removed}))
        return 0
    if given.link is not None:
        print(f"{given.user} sets a password, once, within a week, at\n    {given.link}")
    else:
        print(f"{given.user} signs in at {given.portal} with this password, and sets another one there:")
        print(f"    {given.password}")
    if args.forget_mfa:
        print(f"Authenticator apps that were taken away: {', '.join(given.removed) or 'none'}.")
    return 0


def _give(
    change: Change, store: Store, account_id: str, args: argparse.Namespace, password: str | None, stored: str | None
) -> _Given:
    records, now = change.records(account_id), datetime.now(UTC).replace(microsecond=0)
    center = records.identity_centers.get(account_id)
    user: StoreUser | None = records.store_users.named(args.user)
    if center is None or user is None:
        raise Failure(f"account {account_id} has no user {args.user} of IAM Identity Center")
    base = args.url.rstrip("/")
    removed = _forget_devices(records, user) if args.forget_mfa else []
    link = None
    if stored is None:
        link = f"{base}/start/password?link={link_for(store.sealer, records, user, now)}"
    else:
        put(records, user, stored, now, is_one_time=True)
    details = {"userName": user.name, "by": "password" if link is None else "link", "removedDevices": removed}
    change.event(event(account_id, "SetPortalPassword", "iamd identity set-password", now, details))
    return _Given(user.name, f"{base}/start/{center.store_id}", password, link, removed)


def _forget_devices(records: Records, user: StoreUser) -> list[str]:
    devices = list(records.portal_devices.where("user", user.id))
    for device in devices:
        records.portal_devices.remove(device)
    return [device.name for device in devices]
