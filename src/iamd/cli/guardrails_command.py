"""`iamd guardrails`."""

import argparse
import json
from typing import Any

from iamd.cli import Failure
from iamd.cli.connection import Client, add_connection, clients, failures, pages
from iamd.cli.guardrails.library import ORGANIZATION, TYPES, Guardrail, guardrail, guardrails


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which guardrail, and where."""
    parser.add_argument("action", choices=["list", "show", "attach"], help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the guardrail, to show or attach")
    parser.add_argument("--target", metavar="ID", help="attach: the root, unit or account (r-..., ou-..., 12 digits)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter; lists as regions=eu-west-1,eu-west-2",
    )
    parser.add_argument(
        "--as", dest="policy_name", metavar="NAME", help="attach: the policy's name, where several differ"
    )
    parser.add_argument(
        "--everywhere", action="store_true", help="attach: change the policy for its other targets, too"
    )
    add_connection(parser)


def command(args: argparse.Namespace) -> int:
    """List the guardrails, print one as a policy, or attach it in the organization of the endpoint."""
    if args.action == "list":
        return _list(args.json)
    if args.name is None:
        raise Failure(f"name the guardrail: iamd guardrails {args.action} NAME")
    chosen, values = guardrail(args.name), _values(args.set)
    if args.action == "show":
        return _show(chosen, values, args.json)
    if args.target is None:
        raise Failure("name what to attach it to: --target ID")
    name = args.policy_name or chosen.policy_name
    with failures():
        outcome = attach(clients(args)("organizations"), chosen, values, args.target, name, args.everywhere)
    print(json.dumps(outcome) if args.json else f"{name} ({outcome['policy']}): {outcome['outcome']}")
    return 0


def _values(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    bad = next((name for name, equals, value in pairs if not name or not equals or not value), None)
    if bad is not None:
        raise Failure("--set takes NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _list(as_json: bool) -> int:
    found = guardrails()
    if as_json:
        print(json.dumps([_told(each) for each in found.values()], ensure_ascii=False))
        return 0
    width = max(map(len, found)) + 2
    for each in found.values():
        print(f"{each.name:<{width}}{each.type}  {each.title}. {each.why}")
    return 0


def _told(each: Guardrail) -> dict[str, Any]:
    return {
        "name": each.name,
        "type": TYPES[each.type],
        "title": each.title,
        "why": each.why,
        "parameters": dict(each.parameters),
    }


def _show(chosen: Guardrail, values: dict[str, str], as_json: bool) -> int:
    document = chosen.document(values)
    print(json.dumps({**_told(chosen), "document": document} if as_json else document, indent=2, ensure_ascii=False))
    return 0


def attach(
    organizations: Client, chosen: Guardrail, values: dict[str, str], target: str, name: str, everywhere: bool
) -> dict[str, str]:
    """Make the policy of that name, or bring it up to date, and attach it: done twice, it is there once.

    Raises Failure for a parameter without value, where the type of policies is not enabled, and where the change would
    bind other targets anew and not `everywhere` is meant.
    """
    if ORGANIZATION in chosen.parameters:
        values = {ORGANIZATION: organizations.describe_organization()["Organization"]["Id"], **values}
    missing = [name for name in chosen.parameters if name not in values]
    if missing:
        example = chosen.parameters[missing[0]]
        shown = ",".join(example) if isinstance(example, list) else example
        raise Failure(f"say what {missing[0]} is, such as --set {missing[0]}={shown}")
    type_, document = TYPES[chosen.type], chosen.document(values)
    root = organizations.list_roots()["Roots"][0]
    if type_ not in {each["Type"] for each in root["PolicyTypes"]}:
        enable = f"aws organizations enable-policy-type --root-id {root['Id']} --policy-type {type_}"
        raise Failure(f"{type_} is not enabled: {enable}")
    listed = pages(organizations, "list_policies_for_target", "Policies", TargetId=target, Filter=type_)
    attached = {each["Id"] for each in listed}  # asked first: nothing is made for a target that there is not
    present = next(
        (x for x in pages(organizations, "list_policies", "Policies", Filter=type_) if x["Name"] == name), None
    )
    text = json.dumps(document, separators=(",", ":"))
    if present is None:
        asked = {"Name": name, "Description": chosen.title, "Type": type_, "Content": text}
        policy, changed = str(organizations.create_policy(**asked)["Policy"]["PolicySummary"]["Id"]), False
    else:
        policy = str(present["Id"])
        changed = json.loads(organizations.describe_policy(PolicyId=policy)["Policy"]["Content"]) != document
    if changed:
        _check_others(organizations, policy, name, target, everywhere)
        organizations.update_policy(PolicyId=policy, Content=text)
    if policy not in attached:
        organizations.attach_policy(PolicyId=policy, TargetId=target)
    outcome = f"{'changed, ' if changed else ''}{'is ' if policy in attached else ''}attached to {target}"
    return {"policy": policy, "target": target, "outcome": outcome}


def _check_others(organizations: Client, policy: str, name: str, target: str, everywhere: bool) -> None:
    listed = pages(organizations, "list_targets_for_policy", "Targets", PolicyId=policy)
    others = sorted({each["TargetId"] for each in listed} - {target})
    if others and not everywhere:
        raise Failure(
            f"{name} says something else now, and would change for {', '.join(others)}, too: "
            "--as NAME makes another policy, --everywhere means them all"
        )
