"""The part of the catalogue of errors that is the gateway's: what goes wrong behind it."""

from __future__ import annotations

from iamd.wire.errors import AwsError


class BadGateway(AwsError):
    """Something behind iamd answers as it should not."""

    status = 502
    sender = False


class GatewayTimeout(AwsError):
    """Something behind iamd does not answer in time."""

    status = 504
    sender = False
