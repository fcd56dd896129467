"""Whether a trail logs, and what became of its deliveries."""

from __future__ import annotations

from datetime import datetime

from iamd.services import invocation
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.naming import named_trail, own_trail
from iamd.store.kinds.trails import Trail


async def last_event(call: Call) -> int:
    """Where in the order of all events the call stands, asked for once it is known to be allowed."""
    invocation.permitted(call)
    return await call.realm.store.last_event()


@cloudtrail.operation(on=own_trail, prepare=last_event)
def start_logging(call: Call, trail: Trail) -> Reply:
    """Deliver what happens from now on."""
    if not trail.is_logging:
        delivery = call.records.trail_deliveries.get(trail.key)
        reached = 0 if delivery is None else delivery.reached
        pending = tuple(span for span in trail.spans if int(span.partition("-")[2]) > reached)
        call.records.trails.replace(trail, spans=(*pending, f"{call.prepared}-"), started=call.now)
    return {}


@cloudtrail.operation(on=own_trail, prepare=last_event)
def stop_logging(call: Call, trail: Trail) -> Reply:
    """Deliver nothing of what happens from now on; what has happened before is."""
    if trail.is_logging:
        spans = (*trail.spans[:-1], f"{trail.spans[-1]}{call.prepared}")
        call.records.trails.replace(trail, spans=spans, stopped=call.now)
    return {}


@cloudtrail.operation(on=named_trail)
def get_trail_status(call: Call, trail: Trail) -> Reply:
    """Tell when logging began and ended, and when deliveries last succeeded and failed.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
    """
    delivery = call.records.trail_deliveries.get(trail.key)
    delivered, failed, failure, digested = (
        (None, None, None, None)
        if delivery is None
        else (delivery.delivered, delivery.failed, delivery.failure, delivery.digested)
    )
    return {
        "IsLogging": trail.is_logging,
        "LatestDeliveryError": failure,
        "LatestDeliveryTime": delivered,
        "StartLoggingTime": trail.started,
        "StopLoggingTime": trail.stopped,
        "LatestDigestDeliveryTime": digested,
        "LatestDeliveryAttemptTime": _text(failed or delivered),
        "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "",
        "LatestDeliveryAttemptSucceeded": _text(delivered),
        "TimeLoggingStarted": _text(trail.started),
        "TimeLoggingStopped": _text(trail.stopped),
    }


def _text(when: datetime | None) -> str:
    return "" if when is None else when.strftime("%Y-%m-%dT%H:%M:%SZ")
