"""`iamd credentials`."""

import argparse
import json

from iamd.agent.replies import iso
from iamd.agent.source import NoCredentials, Wanted
from iamd.cli import Failure
from iamd.cli.assuming import add_sts, host_session_name, sts_source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which role, for how long, under which name. The output is JSON, with or without `--json`."""
    parser.add_argument("--role-arn", required=True, metavar="ARN", help="the role")
    parser.add_argument("--session-name", metavar="NAME", help="name of the session. Default: this host's.")
    parser.add_argument("--duration", type=int, default=3600, metavar="SECONDS", help="of the session. Default: 3600.")
    add_sts(parser)


def command(args: argparse.Namespace) -> int:
    """Assume the role and print what `credential_process` reads.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    """
    wanted = Wanted(args.role_arn, "", args.session_name or host_session_name(), args.duration)
    try:
        credentials = sts_source(args).assume_now(wanted)
    except NoCredentials as error:
        raise Failure(str(error)) from error
    told = {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.token,
        "Expiration": iso(credentials.expires),
    }
    print(json.dumps(told))
    return 0
