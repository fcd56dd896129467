"""The registry of iamd's own API, which the console alone calls: what people set there, and AWS has not."""

from __future__ import annotations

from iamd.services.registry import Api
from iamd.wire.model import OWN

console_settings = Api(OWN, source="console.iamd")
