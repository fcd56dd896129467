"""Notification settings of trust anchors, changed."""

from __future__ import annotations

import json
from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.notification_settings import with_settings
from iamd.services.rolesanywhere.resources import existing
from iamd.services.rolesanywhere.trust_anchors import detail
from iamd.store.kinds.roles_anywhere import TrustAnchor


def configured_anchor(call: Call, *, trust_anchor_id: str) -> Target[TrustAnchor]:
    return existing(call, call.records.trust_anchors, "trust-anchor", trust_anchor_id)


@rolesanywhere.operation(on=configured_anchor)
def put_notification_settings(call: Call, anchor: TrustAnchor, *, notification_settings: list[dict[str, Any]]) -> Reply:
    """Set what is told of an anchor's events."""
    return _changed(call, anchor, with_settings(anchor.notifications, notification_settings, call.account_id))


@rolesanywhere.operation(on=configured_anchor)
def reset_notification_settings(
    call: Call, anchor: TrustAnchor, *, notification_setting_keys: list[dict[str, Any]]
) -> Reply:
    """Go back to the settings of Roles Anywhere for those events."""
    reset = {key["event"] for key in notification_setting_keys}
    kept = [setting for setting in json.loads(anchor.notifications) if setting["event"] not in reset]
    return _changed(call, anchor, json.dumps(kept))


def _changed(call: Call, anchor: TrustAnchor, settings: str) -> Reply:
    changed = call.records.trust_anchors.replace(anchor, updated=call.now, notifications=settings)
    return {"trustAnchor": detail(changed)}
