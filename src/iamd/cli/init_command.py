"""`iamd init`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from iamd.cli import Failure
from iamd.cli.connection import Client, Clients, add_connection, clients, failures
from iamd.cli.landing.blueprint import MANAGEMENT, Account, Blueprint, Unit, read_blueprint
from iamd.cli.landing.identities import identities
from iamd.cli.landing.plan import ROOT, Place, Step, attachments, structure

ACCESS_ROLE = "OrganizationAccountAccessRole"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, what to do with it, and where."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what the organization is to be, in YAML")
    parser.add_argument("--plan", action="store_true", help="tell what would be done: 0 when nothing is, 1 otherwise")
    parser.add_argument("--yes", action="store_true", help="do it without asking")
    add_connection(parser)


def command(args: argparse.Namespace) -> int:
    """Tell what is missing, and make it; what the file does not name is left alone."""
    blueprint = read_blueprint(args.file)
    # Late: it takes a second, which is nothing beside what follows.
    from iamd.cli.landing.documents import check

    check(blueprint)
    with failures():
        steps = list(plan(args, blueprint))
        told = [step.text for step in steps]
        if args.json and args.plan:
            print(json.dumps({"steps": told}))
        if not args.json:
            _tell(told)
        if args.plan or not steps:
            if args.json and not args.plan:
                print(json.dumps({"done": []}))
            return 1 if steps else 0
        if not _agreed(args):
            return 1
        _do(steps)
    print(json.dumps({"done": told}) if args.json else f"{len(steps)} done")
    return 0


def _tell(texts: list[str]) -> None:
    print(*(f"+ {text}" for text in texts), sep="\n") if texts else print("nothing to do")


def _agreed(args: argparse.Namespace) -> bool:
    if args.yes:
        return True
    if args.json or not sys.stdin.isatty():
        raise Failure("there is nobody to ask: say --yes to do it, or --plan to see it")
    return input("Do it? [y/N] ").strip().lower() in ("y", "yes")


def _do(steps: list[Step]) -> None:
    """Do the steps; when one fails, tell which, and that the rest can be done by another run."""
    for number, step in enumerate(steps):
        try:
            step.do()
        except Exception as error:
            raise Failure(f"{step.text}: {error} ({number} of {len(steps)} done; run it again for the rest)") from error


def plan(args: argparse.Namespace, blueprint: Blueprint) -> Iterator[Step]:
    """Everything that is missing, in the order in which it can be made."""
    outside = clients(args)
    place = Place(outside("organizations"), outside("account"))
    yield from structure(place, blueprint)
    iam, caller = outside("iam"), outside("sts").get_caller_identity()
    yield from identities(lambda: iam, True, MANAGEMENT, blueprint.management, caller["Account"])
    inhabited = [(path, account) for path, account in _accounts(blueprint.root, ROOT) if account.users or account.roles]
    if inhabited and caller["Arn"].endswith(":root"):
        raise Failure(
            "users and roles of member accounts are made by assuming a role, which root may not: make a user with the "
            "policy AdministratorAccess in this account, and come again with its access key"
        )
    for path, account in inhabited:
        inside = _inside(args, outside, place, path)
        yield from identities(inside, path in place.ids, path, account, caller["Account"])
    yield from attachments(place, blueprint, blueprint.root)


def _accounts(unit: Unit, path: str) -> Iterator[tuple[str, Account]]:
    for name, account in unit.accounts.items():
        yield f"{path}/{name}", account
    for name, child in unit.units.items():
        yield from _accounts(child, f"{path}/{name}")


def _inside(args: argparse.Namespace, outside: Clients, place: Place, path: str) -> Callable[[], Client]:
    """A client of IAM in a member account, made when it is first needed."""
    made: list[Client] = []

    def iam() -> Client:
        if not made:
            arn = f"arn:aws:iam::{place.ids[path]}:role/{ACCESS_ROLE}"
            session = outside("sts").assume_role(RoleArn=arn, RoleSessionName="iamd-init")["Credentials"]
            made.append(clients(args, session)("iam"))
        return made[0]

    return iam
