"""Arguments of the commands that assume a role: the role, and where STS is."""

import argparse
import os
import re
import socket
from typing import TYPE_CHECKING

from iamd.cli import Failure

if TYPE_CHECKING:
    from iamd.agent.remote import StsSource

REGION = "us-east-1"


def add_sts(parser: argparse.ArgumentParser) -> None:
    """Where iamd is and whose credentials to ask it with; what is not given comes from the AWS configuration."""
    group = parser.add_argument_group(
        "iamd",
        "Asked with the credentials of the environment and the AWS configuration files, as the AWS CLI has them.",
    )
    group.add_argument("--endpoint-url", metavar="URL", help="iamd's address (AWS_ENDPOINT_URL)")
    group.add_argument("--profile", metavar="NAME", help="profile of the AWS configuration (AWS_PROFILE)")
    group.add_argument("--region", metavar="REGION", help=f"region (AWS_REGION). Default: {REGION}.")


def region_of(args: argparse.Namespace) -> str:
    """The region of the flags or the environment."""
    given: str | None = args.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return given or REGION


def sts_source(args: argparse.Namespace) -> "StsSource":
    """The STS that the flags name. Raises Failure for a profile that is not there."""
    # Imported late: botocore takes a second.
    from botocore.session import Session

    from iamd.agent.remote import StsSource

    session = Session(profile=args.profile)
    if session.profile is not None and session.profile not in session.available_profiles:
        raise Failure(f"there is no profile `{session.profile}` in the AWS configuration files")
    return StsSource(region_of(args), args.endpoint_url, args.profile)


def host_session_name() -> str:
    """A session name that tells which host it was."""
    return re.sub(r"[^\w+=,.@-]", "-", socket.gethostname(), flags=re.ASCII)[:64].ljust(2, "-")
