"""`iamd explain`."""

import argparse
import json
import sys
from pathlib import Path

from iamd.analysis.access import Question
from iamd.cli import Failure
from iamd.cli.access.accounts import load_accounts
from iamd.cli.access.arguments import add_context, checked_action, context_of
from iamd.cli.access.moments import add_as_of
from iamd.cli.denial import find_denial
from iamd.cli.explaining import write
from iamd.cli.place import add_place, place
from iamd.cli.requests import parse, read, texts
from iamd.cli.tree import Paper
from iamd.policy import Layers, MalformedPolicy, Request, explain
from iamd.policy.arns import account_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The request: from a file, a denial, or what somebody of the data directory would ask."""
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="a JSON request as `iamd evaluate` takes it; - or nothing: standard input",
    )
    parser.add_argument(
        "--authorization-id",
        metavar="ID",
        help="a denial of the last day, by the id in its message, with the policies as they were then",
    )
    parser.add_argument("--principal", metavar="WHO", help="instead of a file: an ARN, or the name of a user or role")
    parser.add_argument("--action", metavar="ACTION", help="and what it would do: s3:GetObject")
    parser.add_argument("--resource", metavar="ARN", help="and to what (default: *)")
    add_context(parser)
    add_as_of(parser)
    add_place(parser)


def command(args: argparse.Namespace) -> int:
    """Tell the decision and why; 1 when the request is denied."""
    if args.principal is not None:
        request, layers = _question(args)
    elif any((args.action, args.resource, args.context, args.as_of)):
        raise Failure("--action, --resource, --context and --as-of go with --principal")
    elif args.authorization_id is None:
        request, layers = _asked(args.file)
    else:
        denial = find_denial(place(args), args.authorization_id)
        request, layers = denial.request, denial.layers
    found = explain(request, layers)
    if args.json:
        print(json.dumps(found.to_json()))
    else:
        write(Paper(sys.stdout), request, found)
    return 0 if found.decision.allowed else 1


def _question(args: argparse.Namespace) -> tuple[Request, Layers]:
    """What a principal of the data directory would ask, and what would decide it; raises Failure."""
    if args.action is None or args.file != "-" or args.authorization_id is not None:
        raise Failure("--principal takes an --action, and neither a file nor an authorization id")
    action, resource = checked_action(args.action), args.resource or "*"
    accounts = load_accounts(place(args), args.as_of)
    owner = accounts.owner_of(resource)
    question = Question(action, resource, owner, accounts.policy_of(resource), context_of(args.context))
    return question.by(accounts.holder(args.principal, owner or account_of(resource)))


def _asked(name: str) -> tuple[Request, Layers]:
    """The request in a file; raises Failure when there is none."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        source = content.decode()
        asked = parse(source)
        return read(asked, texts(source, asked))
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{name}: not UTF-8 text") from error
    except MalformedPolicy as error:
        raise Failure(f"{name}: {', '.join([*error.__notes__, str(error.problems[0])])}") from error
    except (ValueError, RecursionError) as error:
        raise Failure(f"{name}: {error}") from error
