"""What the server forwards to other services, for those who may look at it; the gateway itself has its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The gateway's mode (`iamd.gateway.modes`), and the URL of each upstream by the name of its service, or `*`."""

    mode: str
    upstreams: Mapping[str, str]
