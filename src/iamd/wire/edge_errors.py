"""Errors of edge nodes."""

from __future__ import annotations

from iamd.wire.errors import AwsError


class NotServedHere(AwsError):
    """Of a server that serves a part of the APIs."""

    code = "UnsupportedOperation"
    status = 400
