"""`iamd unlock`."""

import argparse
import json
from datetime import UTC, datetime

from iamd.caller.passwords import FORGIVEN, locked
from iamd.cli import Failure
from iamd.cli.stored_account import add_account, event, in_account
from iamd.store import Change, Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who is locked out, and where the data are."""
    parser.add_argument("user", metavar="USER", help="the user's name")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Forgive a user's wrong passwords, also while the server runs."""

    async def unlock(store: Store, account_id: str) -> bool:
        return await store.write(lambda change: _forgive(change, account_id, args.user))

    was_locked = in_account(args, unlock)
    if args.json:
        print(json.dumps({"user": args.user, "wasLocked": was_locked}))
    else:
        print(f"{args.user} was {'' if was_locked else 'not '}locked out, and may try its password.")
    return 0


def _forgive(change: Change, account_id: str, name: str) -> bool:
    records, now = change.records(account_id), datetime.now(UTC)
    user = records.users.named(name)
    profile = None if user is None else records.login_profiles.get(user.id)
    if profile is None:
        raise Failure(f"account {account_id} has no user {name} with a password")
    was_locked = locked(profile, now)
    records.login_profiles.replace(profile, **FORGIVEN)
    change.event(event(account_id, "UnlockUser", "iamd unlock", now, {"userName": name}))
    return was_locked
