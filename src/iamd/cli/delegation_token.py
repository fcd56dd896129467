"""`iamd delegation-token`."""

import argparse
import json

from iamd.cli import Failure
from iamd.cli.place import add_place, in_store, place
from iamd.store import Store

_ACCOUNT_DIGITS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The request, and where the data are."""
    parser.add_argument("request", metavar="ID", help="the delegation request, after SendDelegationToken")
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Print the token that the requestor exchanges with STS GetDelegatedAccessToken: a secret."""
    token = in_store(place(args), lambda store: _token(store, args.request))
    print(json.dumps({"tradeInToken": token}) if args.json else token)
    return 0


async def _token(store: Store, id: str) -> str:
    account_id = id[:_ACCOUNT_DIGITS]
    records = await store.load(account_id) if store.has_account(account_id) else None
    request = None if records is None else records.delegation_requests.get(id)
    if request is None:
        raise Failure(f"there is no delegation request {id}")
    if request.state != "FINALIZED":
        raise Failure(f"delegation request {id} is {request.state}: its token has not been sent")
    return store.sealer.open(request.sealed_token, request.id.encode()).decode()
