"""Notification settings of trust anchors. They are kept as told; iamd sends no notifications."""

from __future__ import annotations

import json
from typing import Any

from iamd.wire.errors import ValidationException

EVENTS = ("CA_CERTIFICATE_EXPIRY", "END_ENTITY_CERTIFICATE_EXPIRY")
CHANNEL, THRESHOLD = "ALL", 45  # days
_MEMBERS = ("event", "enabled", "threshold", "channel")


def shown(settings: str) -> list[dict[str, Any]]:
    """The settings of every event: the account's own, else those of Roles Anywhere."""
    own = {setting["event"]: setting for setting in json.loads(settings)}
    details = []
    for event in EVENTS:
        setting = own.get(event, {})
        told = {"event": event, "enabled": True, "threshold": THRESHOLD, "channel": CHANNEL} | setting
        by = "rolesanywhere.amazonaws.com" if not setting else setting["configuredBy"]
        details.append(told | {"configuredBy": by})
    return details


def with_settings(settings: str, given: list[dict[str, Any]], account_id: str) -> str:
    """The account's own settings after those given, as they are stored. Raises ValidationException."""
    events = [setting["event"] for setting in given]
    if len(set(events)) < len(events):
        raise ValidationException("An event has several notification settings")
    own = {setting["event"]: setting for setting in json.loads(settings)}
    for setting in given:
        named = {name: setting[name] for name in _MEMBERS if setting.get(name) is not None}
        own[setting["event"]] = named | {"configuredBy": account_id}
    return json.dumps(list(own.values()))
