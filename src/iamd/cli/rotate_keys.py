"""`iamd rotate-keys`."""

import argparse
import json
from datetime import UTC, datetime, timedelta

from iamd.cli.place import add_place, in_store, place
from iamd.store import Store

# GetSessionToken and GetFederationToken issue for as long as 36 hours; an hour more for clocks that differ.
LONGEST_SESSION = timedelta(hours=37)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Add the key to the database, which may be in use: servers take it up with their next request."""
    opening = in_store(place(args), _rotate)
    if args.json:
        print(json.dumps({"tokenKeys": opening}))
    else:
        print(f"New session tokens are sealed under a new key; {opening - 1} older ones still open living sessions.")
    return 0


async def _rotate(store: Store) -> int:
    await store.rotate_token_key(datetime.now(UTC) - LONGEST_SESSION)
    return len(store.keyring.token_keys)
