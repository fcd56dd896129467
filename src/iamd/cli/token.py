"""`iamd token`."""

import argparse
import json

from iamd.cli.connection import Client, add_connection, clients, failures
from iamd.reference.own import IAMD

_POLICY = "iamd-token"
_ALREADY = "EntityAlreadyExists"
_ACTIONS = sorted(action.name for action in IAMD.actions.values() if not action.resource_types)  # of questions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose token, what it may, and the endpoint."""
    parser.add_argument("user", metavar="USER", help="the program's user; made if there is none")
    parser.add_argument(
        "--may",
        action="append",
        choices=_ACTIONS,
        default=[],
        metavar="ACTION",
        help=f"what a user that is made may do: {', '.join(_ACTIONS)}; again for more. Default: Evaluate.",
    )
    parser.add_argument("--days", type=int, metavar="N", help="after which the token ends; by default it does not")
    add_connection(parser)


def command(args: argparse.Namespace) -> int:
    """Make a bearer token for the authorization API and print it, this once."""
    with failures():
        iam = clients(args)("iam")
        _ensure_user(iam, args.user, args.may or ["Evaluate"])
        age = {} if args.days is None else {"CredentialAgeDays": args.days}
        made = iam.create_service_specific_credential(UserName=args.user, ServiceName=IAMD.prefix, **age)
    credential = made["ServiceSpecificCredential"]
    token = credential["ServiceCredentialSecret"]
    if args.json:
        print(json.dumps({"user": args.user, "id": credential["ServiceSpecificCredentialId"], "token": token}))
    else:
        print(token)
    return 0


def _ensure_user(iam: Client, name: str, actions: list[str]) -> None:
    """Make the user with that policy, unless there is one, which keeps what it has."""
    try:
        iam.create_user(UserName=name)
    except iam.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != _ALREADY:
            raise
        return
    statement = {"Effect": "Allow", "Action": [f"{IAMD.prefix}:{each}" for each in actions], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName=_POLICY, PolicyDocument=document)
