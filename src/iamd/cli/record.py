"""`iamd record`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from iamd.analysis.learning import FEW
from iamd.audit.doings import Doings, doings
from iamd.cli import Failure
from iamd.cli.place import Place, in_store
from iamd.store.opening import MASTER_KEY_FILE
from iamd.testing import Identity, Moto, Server, StartError
from iamd.testing.server import ACCOUNT_ID

_USER = "recorded"
_EVERYTHING = {"Action": "*", "Resource": "*"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What answers, and the command."""
    parser.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help="what answers for other services, as for `iamd serve`. Default: a moto server of its own.",
    )
    parser.add_argument(
        "--before",
        metavar="COMMAND",
        help="a shell command that makes what the program finds there: run as the root user, and not recorded",
    )
    parser.add_argument("--account", default=ACCOUNT_ID, metavar="ID", help=f"the account. Default: {ACCOUNT_ID}.")
    parser.add_argument("--region", default="us-east-1", metavar="REGION", help="the region. Default: us-east-1.")
    parser.add_argument(
        "--few", type=int, default=FEW, metavar="N", help=f"name so many resources one by one. Default: {FEW}."
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the policy there")
    parser.add_argument("program", nargs="+", metavar="PROGRAM", help="after --: the command and its arguments")


def command(args: argparse.Namespace) -> int:
    """Run a program that may do everything, and print the least policy that it needs; returns the program's exit code.

    The policy goes to standard output after the program's own; standard error has the rest.
    """
    with tempfile.TemporaryDirectory(prefix="iamd-record-") as folder:
        code = _run(args, Path(folder))
        found = in_store(
            Place(Path(folder), Path(folder) / MASTER_KEY_FILE),
            lambda store: doings(store, args.account, with_denied=True),
        )
    _tell(args, found)
    return code


def _run(args: argparse.Namespace, folder: Path) -> int:
    """The program's exit code."""
    try:
        with ExitStack() as stack:
            named = dict(each.split("=", 1) for each in args.upstream if "=" in each)
            if len(named) != len(args.upstream):
                raise Failure("--upstream must be SERVICE=URL, each service once")
            place = {"account_id": args.account, "region": args.region, "in_memory": False, "data_dir": folder}
            made = Server(named, **place) if named else stack.enter_context(Moto()).behind(**place)
            server = stack.enter_context(made)
            if args.before is not None and _program(["sh", "-c", args.before], server.root) != 0:
                raise Failure("the command of --before failed")
            return _program(args.program, server.user(_USER, _EVERYTHING))
    except StartError as error:
        raise Failure(str(error)) from error


def _program(program: list[str], identity: Identity) -> int:
    sys.stdout.flush()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IAMD_"))}
    try:
        return subprocess.run(program, env=kept | identity.environ, check=False).returncode  # noqa: S603
    except OSError as error:
        raise Failure(f"{program[0]}: {error.strerror}") from error


def _tell(args: argparse.Namespace, found: list[Doings]) -> None:
    policies = [(who, policy) for who in found if (policy := who.policy(args.few)) is not None]
    if args.json:
        told = json.dumps([{"principal": who.principal, "calls": who.calls, "policy": it} for who, it in policies])
    else:
        told = "\n".join(
            ("" if who.principal.endswith(f"user/{_USER}") else f"# as {who.principal}\n")
            + json.dumps(policy, indent=2)
            for who, policy in policies
        )
    if not policies:
        print("iamd record: it made no request that needs a permission", file=sys.stderr)
    elif args.output is None:
        print(told)
    else:
        args.output.write_text(told + "\n", encoding="utf-8")
