"""`iamd recover-root`."""

import argparse
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from iamd.caller.passwords import hashed
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, event, in_account
from iamd.server.bootstrap import EMAIL
from iamd.services.passkeys import devices_of
from iamd.store import Change, Store
from iamd.store.kinds.sign_in import Passkey


@dataclass(frozen=True, slots=True)
class _Recovered:
    """How the root user signs in now, and which MFA devices it no longer has."""

    account: str
    email: str
    devices: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The root user's e-mail address, if it is to be another one, and where the data are."""
    parser.add_argument("--email", help="the address to sign in with; default: the present one")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Let the root user in again: a new password, told once, and no MFA device, also while the server runs."""
    password = secrets.token_urlsafe(18)
    stored = hashed(password)

    async def recover(store: Store, account_id: str) -> _Recovered:
        return await store.write(lambda change: _recover(change, store, account_id, args.email, stored))

    found = in_account(args, recover)
    if args.json:
        told = {"account": found.account, "email": found.email, "password": password, "removedDevices": found.devices}
        print(json.dumps(told))
    else:
        print(f"The root user of account {found.account} signs in at /console/sign-in?as=root with")
        print(f"    e-mail address  {found.email}\n    password        {password}")
        print(f"MFA devices taken from it: {', '.join(found.devices) or 'none'}. Its sessions have ended.")
    return 0


def _recover(change: Change, store: Store, account_id: str, email: str | None, password: str) -> _Recovered:
    records, now = change.records(account_id), datetime.now(UTC)
    account = records.account
    email = email or account.email or EMAIL
    owner = store.email_owner(email)
    if owner not in (None, account_id):
        raise Failure(f"{email} is the root user's address of account {owner}: choose another with --email")
    devices = devices_of(records, account_id)
    for device in devices:
        if isinstance(device, Passkey):
            records.passkeys.remove(device)
        else:
            records.mfa_devices.replace(device, owner_id=None, enabled=None)
    records.accounts.replace(account, email=email, root_password=password)
    serials = [device.serial_number for device in devices]
    change.event(event(account_id, "RecoverRootUser", "iamd recover-root", now, {"email": email, "devices": serials}))
    return _Recovered(account_id, email, serials)
