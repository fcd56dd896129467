"""Notification settings of trust anchors, changed."""

from __future__ import annotations

import json
from typing import Any

from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.notification_settings import with_settings
from iamd.services.rolesanywhere.trust_anchors import ANCHORS, existing_anchor
from iamd.store.kinds.roles_anywhere import TrustAnchor


@rolesanywhere.operation(on=existing_anchor)
def put_notification_settings(call: Call, anchor: TrustAnchor, *, notification_settings: list[dict[str, Any]]) -> Reply:
    """Set what is told of an anchor's events."""
    settings = with_settings(anchor.notifications, notification_settings, call.account_id)
    return ANCHORS.changed(call, anchor, notifications=settings)


@rolesanywhere.operation(on=existing_anchor)
def reset_notification_settings(
    call: Call, anchor: TrustAnchor, *, notification_setting_keys: list[dict[str, Any]]
) -> Reply:
    """Go back to the settings of Roles Anywhere for those events."""
    reset = {key["event"] for key in notification_setting_keys}
    kept = [setting for setting in json.loads(anchor.notifications) if setting["event"] not in reset]
    return ANCHORS.changed(call, anchor, notifications=json.dumps(kept))
