"""The part of the catalogue of errors that is the gateway's: what goes wrong behind it."""

from __future__ import annotations

from iamd.wire.errors import AccessDenied, AwsError, InvalidInput


class Ambiguous(InvalidInput):
    """The request can be read in two ways."""

    code = "InvalidRequest"


class Unmapped(AccessDenied):
    """The gateway cannot tell what the request needs; it is refused, never let through."""

    code = "AccessDenied"


class NotThere(AwsError):
    """A lookup found that the upstream has no such resource."""

    code = "ResourceNotFoundException"
    status = 404


class NotKnown(AwsError):
    """An upstream knows nothing of the kind that was asked for."""

    code = "NotImplemented"
    status = 501


class BadGateway(AwsError):
    """Something behind iamd answers as it should not."""

    status = 502
    sender = False


class GatewayTimeout(AwsError):
    """Something behind iamd does not answer in time."""

    status = 504
    sender = False


class Lost(Exception):
    """A connection ended before anything of an answer came; its argument says why, if it is known."""


class MalformedPolicy(AwsError):
    """A resource's policy that could not be decided by; each service has its own code."""

    wording = "This policy contains invalid Json, or elements that mean nothing."

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code  # type: ignore[misc]
