"""`iamd mfa`."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.stored_account import add_account, event, in_account
from iamd.cli.token_files import Token, read_tokens
from iamd.store import Change, Store
from iamd.store.kinds.sign_in import MfaDevice
from iamd.store.records import fold
from iamd.store.sealing import Sealer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which file, and where the data are."""
    parser.add_argument("action", choices=["import-tokens"], help="what to do")
    parser.add_argument("file", type=Path, metavar="FILE", help="PSKC, or CSV with lines SERIAL,SEED")
    parser.add_argument("--seeds", choices=["hex", "base32"], default="hex", help="how CSV has seeds; default: hex")
    add_account(parser)


def command(args: argparse.Namespace) -> int:
    """Import hardware TOTP tokens, also while the server runs: all of a file, or nothing."""
    tokens = read_tokens(args.file, args.seeds)

    async def run(store: Store, account_id: str) -> str:
        await store.write(lambda change: _import(change, store, account_id, tokens))
        return account_id

    account_id = in_account(args, run)
    if args.json:
        print(json.dumps({"account": account_id, "serialNumbers": [token.serial for token in tokens]}))
    else:
        count = f"{len(tokens)} token{'s' if len(tokens) > 1 else ''}"
        print(f"{count} may be enabled in account {account_id}, each by its serial number.")
    return 0


def _import(change: Change, store: Store, account_id: str, tokens: list[Token]) -> None:
    now = datetime.now(UTC)
    for other in store.account_ids():
        known = change.records(other).mfa_devices
        there = next((token.serial for token in tokens if known.get(fold(token.serial)) is not None), None)
        if there is not None:
            raise Failure(f"account {other} has token {there} already; nothing was imported")
    devices = change.records(account_id).mfa_devices
    for token in tokens:
        devices.add(_device(account_id, token, now, store.sealer))
    details = {"serialNumbers": [token.serial for token in tokens]}
    change.event(event(account_id, "ImportMFATokens", "iamd mfa import-tokens", now, details))


def _device(account_id: str, token: Token, now: datetime, sealer: Sealer) -> MfaDevice:
    unsealed = MfaDevice(account_id, token.serial, "", b"", now)
    sealed = sealer.seal(token.seed, unsealed.arn.encode())
    return MfaDevice(account_id, token.serial, "", sealed, now)
