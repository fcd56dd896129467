"""`iamd who-can`."""

import argparse
import json
import sys
from pathlib import Path

from iamd.analysis.access import Access, Question, who_can
from iamd.cli.access.accounts import load_accounts
from iamd.cli.access.arguments import add_context, checked_action, context_of, policy_file
from iamd.cli.access.moments import add_as_of
from iamd.cli.place import add_place, place
from iamd.cli.progress import progress
from iamd.cli.requests import resource_kind
from iamd.cli.tree import ASIDE, YES, Paper
from iamd.policy.arns import account_of
from iamd.policy.wording import condition_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The action and the resource, what is known of the request, and where the data are."""
    parser.add_argument("action", metavar="ACTION", help="as s3:GetObject")
    parser.add_argument("resource", metavar="RESOURCE", nargs="?", default="*", help="an ARN (default: *)")
    add_context(parser)
    parser.add_argument("--resource-policy", type=Path, metavar="FILE", help="the resource's own policy")
    parser.add_argument("--resource-account", metavar="ID", help="the account of a resource whose ARN names none")
    add_as_of(parser)
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """List the principals that may; 1 when there is none."""
    action = checked_action(args.action)
    context = context_of(args.context)
    given = policy_file(args.resource_policy, resource_kind(action))
    accounts = load_accounts(place(args), args.as_of)
    owner = args.resource_account or accounts.owner_of(args.resource)
    question = Question(action, args.resource, owner, given or accounts.policy_of(args.resource), context)
    holders = progress(accounts.holders(owner or account_of(args.resource)), accounts.count(), "principals asked about")
    found = list(who_can(holders, question))
    allowed = [access for access in found if access.decision.allowed]
    if args.json:
        print(json.dumps({"allowed": [_arn(each) for each in allowed], "conditional": _conditional(found)}))
    else:
        _write(Paper(sys.stdout), found, accounts.count())
    return 0 if allowed else 1


def _arn(access: Access) -> str:
    return access.holder.principal.arn


def _conditional(found: list[Access]) -> list[dict[str, object]]:
    return [
        {"principal": _arn(each), "needs": [change.to_json() for change in each.needs]}
        for each in found
        if not each.decision.allowed
    ]


def _write(paper: Paper, found: list[Access], asked: int) -> None:
    for access in found:
        if access.decision.allowed:
            paper.line(_arn(access), YES)
    for access in found:
        if not access.decision.allowed:
            paper.line(f"{_arn(access)}, {' and '.join(map(condition_of, access.needs))}", ASIDE)
    allowed = sum(1 for access in found if access.decision.allowed)
    paper.line(f"{allowed} of {asked} principals are allowed")
