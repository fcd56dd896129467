"""`iamd can`."""

import argparse
import json
import sys
from collections.abc import Iterable

from iamd.analysis.access import Permission, permissions
from iamd.cli import Failure
from iamd.cli.access.accounts import load_accounts
from iamd.cli.access.arguments import add_context, context_of
from iamd.cli.access.moments import add_as_of
from iamd.cli.custom_services import add_custom_services, register_services
from iamd.cli.place import add_place, place
from iamd.cli.progress import progress
from iamd.cli.tree import PLAIN, YES, Node, Paper
from iamd.reference import actions, services
from iamd.reference.pack import MissingData

_NAMED = 8  # actions that are told by name; of more, how many


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, which services and resources, what is known of the request, and where the data are."""
    parser.add_argument("principal", metavar="PRINCIPAL", help="an ARN, or the name of a user or role")
    parser.add_argument(
        "--service", action="append", default=[], metavar="PREFIX", help="only this service, as s3; again for more"
    )
    parser.add_argument("--resource", metavar="ARN", help="only on this resource")
    add_context(parser)
    add_as_of(parser)
    parser.add_argument("--verbose", action="store_true", help="name every action")
    add_custom_services(parser)
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """List what the principal may do, of all that AWS's reference knows; 1 when that is nothing."""
    register_services(args)
    try:
        asked = _actions([prefix.lower() for prefix in args.service])
    except MissingData as error:
        raise Failure(str(error)) from error
    accounts = load_accounts(place(args), args.as_of)
    holder = accounts.holder(args.principal)
    reach = accounts.reach(context_of(args.context), args.resource)
    found = list(permissions(holder, progress(asked, len(asked), "actions tried"), reach))
    if args.json:
        print(json.dumps({"principal": holder.principal.arn, "permissions": [_shown(each) for each in found]}))
        return 0 if found else 1
    paper = Paper(sys.stdout)
    paper.title(f"{holder.principal.arn} may do {len(found)} of {len(asked)} actions")
    known = _count(name for name, _ in asked)
    paper.tree([_service_node(name, group, known[name], args.verbose) for name, group in _grouped(found).items()])
    return 0 if found else 1


def _actions(prefixes: list[str]) -> list[tuple[str, bool]]:
    """Every action of the services (of all, when none is named), and whether it works on resources."""
    unknown = [prefix for prefix in prefixes if services.get(prefix) is None]
    if unknown:
        raise Failure(f"AWS has no service `{unknown[0]}`")
    return list(actions.names(prefixes).items())


def _shown(permission: Permission) -> dict[str, object]:
    shown: dict[str, object] = {"action": permission.action, "resources": list(permission.resources)}
    return {**shown, "denied": list(permission.denied)} if permission.denied else shown


def _grouped(found: list[Permission]) -> dict[str, list[Permission]]:
    groups: dict[str, list[Permission]] = {}
    for permission in found:
        groups.setdefault(permission.action.partition(":")[0], []).append(permission)
    return groups


def _count(actions: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for action in actions:
        service = action.partition(":")[0]
        counts[service] = counts.get(service, 0) + 1
    return counts


def _service_node(service: str, group: list[Permission], known: int, verbose: bool) -> Node:
    """A service: its actions, put together where they are allowed on the same resources."""
    places: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for each in group:
        places.setdefault((each.resources, each.denied), []).append(each.action.partition(":")[2])
    node = Node(f"{service}: {len(group)} of {known} actions", YES)
    for (resources, denied), names in places.items():
        many = len(names) > _NAMED and not verbose
        named = f"{len(names)} actions" if many else ", ".join(sorted(names))
        but = f", but not on {', '.join(denied)}" if denied else ""
        node.children.append(Node(f"{named} on {', '.join(resources)}{but}", PLAIN))
    return node
