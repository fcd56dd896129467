"""The Sign-In API's registry, and what its two sides, the browser's and the program's, have in common."""

from __future__ import annotations

from iamd.services.registry import Api
from iamd.store.records import PARTITION
from iamd.wire.errors import AccessDenied, AwsError, ValidationException

signin = Api("signin")

SAME_DEVICE = f"arn:{PARTITION}:signin:::devtools/same-device"
CROSS_DEVICE = f"arn:{PARTITION}:signin:::devtools/cross-device"
CONFIRMATION = "/v1/sessions/confirmation"  # where AWS shows the code of a client on another device
REGION = "us-east-1"

_CLIENTS = {SAME_DEVICE: "localhost", CROSS_DEVICE: "remote"}


def client_arn(account_id: str, client_id: str) -> str:
    """The resource that policies name for a client.

    https://docs.aws.amazon.com/signin/latest/userguide/security-iam-awsmanpol.html
    """
    client = _CLIENTS[client_id]
    return f"arn:{PARTITION}:signin:{REGION}:{account_id}:oauth2/public-client/{client}"


def session_arn(account_id: str, session_id: str) -> str:
    """The value of `aws:SignInSessionArn`."""
    return f"arn:{PARTITION}:signin:{REGION}:{account_id}:session/{session_id}"


def denied(code: str, message: str) -> AwsError:
    """A refusal by Sign-In's own code: TOKEN_EXPIRED, AUTHCODE_EXPIRED, USER_CREDENTIALS_CHANGED."""
    error = AccessDenied(message)
    error.details = {"error": code}
    return error


def invalid(message: str, code: str = "INVALID_REQUEST") -> AwsError:
    """A request that cannot be served, whoever sends it."""
    error = ValidationException(message)
    error.details = {"error": code}
    return error
