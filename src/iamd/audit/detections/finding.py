"""Findings: what was detected, of whom, how often; told as GuardDuty exports its own.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-summary.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from iamd.audit.detections.detectors import Sighting
from iamd.audit.identity import iso

LEVELS = {"low": 0.0, "medium": 4.0, "high": 7.0}


class Finding(msgspec.Struct, frozen=True):
    """INVARIANT: the names of the fields are the stored format. The caller, the call and the address are those of the
    event that was seen last."""

    account_id: str
    id: str
    type: str
    severity: float
    title: str
    description: str
    first_seen: datetime
    last_seen: datetime
    created: datetime
    updated: datetime
    count: int
    region: str
    user_type: str
    principal_id: str
    access_key_id: str
    user_name: str
    source: str
    api: str
    error_code: str
    ip: str
    event_id: str
    archived: bool = False

    @property
    def level(self) -> str:
        """low, medium or high."""
        return max((level for level, least in LEVELS.items() if self.severity >= least), key=lambda it: LEVELS[it])

    def document(self) -> Mapping[str, Any]:
        """The finding in GuardDuty's format."""
        remote = {"ipAddressV6" if ":" in self.ip else "ipAddressV4": self.ip} if self.ip else {}
        call: dict[str, Any] = {"api": self.api, "serviceName": self.source, "callerType": "Remote IP"}
        call |= {"remoteIpDetails": remote} if remote else {}
        call |= {"errorCode": self.error_code} if self.error_code else {}
        key = {
            "accessKeyId": self.access_key_id,
            "principalId": self.principal_id,
            "userType": self.user_type,
            "userName": self.user_name,
        }
        return {
            "schemaVersion": "2.0",
            "accountId": self.account_id,
            "region": self.region,
            "partition": "aws",
            "id": self.id,
            "arn": f"arn:aws:iamd:{self.region}:{self.account_id}:finding/{self.id}",
            "type": self.type,
            "resource": {"resourceType": "AccessKey", "accessKeyDetails": key},
            "service": {
                "serviceName": "iamd",
                "action": {"actionType": "AWS_API_CALL", "awsApiCallAction": call},
                "resourceRole": "TARGET",
                "additionalInfo": {"eventId": self.event_id},
                "eventFirstSeen": iso(self.first_seen),
                "eventLastSeen": iso(self.last_seen),
                "archived": self.archived,
                "count": self.count,
            },
            "severity": self.severity,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "title": self.title,
            "description": self.description,
        }


def id_of(sighting: Sighting) -> str:
    """The id of the finding that a sighting belongs to: the same wherever and whenever it is worked out."""
    text = "\0".join((sighting.seen.account_id, sighting.detection.type, sighting.subject))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def found(sighting: Sighting, before: Finding | None, now: datetime, times: int = 1) -> Finding:
    """The finding with so many sightings more, of which this is the last."""
    seen, detection = sighting.seen, sighting.detection
    words = {"who": seen.principal, "what": seen.name, "detail": sighting.detail}
    return Finding(
        account_id=seen.account_id,
        id=id_of(sighting),
        type=detection.type,
        severity=detection.severity,
        title=detection.title.format_map(words),
        description=detection.description.format_map(words),
        first_seen=seen.time if before is None else min(before.first_seen, seen.time),
        last_seen=seen.time if before is None else max(before.last_seen, seen.time),
        created=now if before is None else before.created,
        updated=now if before is None else before.updated,
        count=times + (0 if before is None else before.count),
        region=seen.region,
        user_type=seen.who.type,
        principal_id=seen.who.principal_id,
        access_key_id=seen.who.access_key_id,
        user_name=seen.who.user_name,
        source=seen.source,
        api=seen.name,
        error_code=seen.error_code,
        ip=seen.ip,
        event_id=seen.event_id,
        archived=False if before is None else before.archived,
    )
