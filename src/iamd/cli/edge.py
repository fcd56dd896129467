"""`iamd edge`."""

import argparse
import json
import re
import secrets
import sys
from hashlib import sha256

from iamd.cli import Failure
from iamd.cli.arguments import add_settings, settings
from iamd.cli.serve import command as serve

_BYTES = 32
_name = re.compile(r"[A-Za-z0-9_-]+").fullmatch  # what TOML takes without quotes
_account = re.compile(r"[0-9]{12}").fullmatch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which control plane to follow, or a token to be made; and every setting that is no secret."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--from",
        dest="control_plane",
        metavar="URL",
        help="the server to be an edge node of, which knows it by IAMD_EDGE_TOKEN",
    )
    what.add_argument(
        "--new-token", metavar="NAME", help="make a token instead, and the lines for the server's `edges`"
    )
    parser.add_argument(
        "--account", action="append", metavar="ID", help="with --new-token: only this account; repeatable"
    )
    add_settings(parser, leave_out=("control_plane",))


def command(args: argparse.Namespace) -> int:
    """Serve as an edge node until told to stop, or print a token."""
    if args.new_token is None:
        if args.account:
            raise Failure("--account is for --new-token: which accounts an edge node gets its control plane says")
        if settings(args).control_plane is None:
            raise Failure("say whose edge node it is: --from URL, or the setting `control_plane`")
        return serve(args)
    if _name(args.new_token) is None:
        raise Failure("the name of an edge node has letters, digits, - and _")
    if not all(map(_account, args.account or ())):
        raise Failure("--account takes an account's id, of twelve digits")
    token = secrets.token_urlsafe(_BYTES)
    digest = sha256(token.encode()).hexdigest()
    if args.json:
        told = {"name": args.new_token, "token": token, "tokenSha256": digest, "accounts": args.account}
        print(json.dumps(told))
        return 0
    lines = [f"[edges.{args.new_token}]", f'token_sha256 = "{digest}"']
    if args.account:
        lines.append("accounts = [" + ", ".join(f'"{account}"' for account in args.account) + "]")
    sys.stdout.write(
        f"# for the edge node\nIAMD_EDGE_TOKEN={token}\n\n# for the file that the server's `edges` names\n"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
