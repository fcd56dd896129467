"""Subjects: who has come with a certificate, and with which."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.rolesanywhere.api import rolesanywhere
from iamd.services.rolesanywhere.resources import Family, anywhere
from iamd.store.kinds.roles_anywhere import CertificateSubject


def summary(subject: CertificateSubject) -> dict[str, Any]:
    """A subject as lists show it."""
    return {
        "subjectArn": subject.arn,
        "subjectId": subject.id,
        "enabled": True,
        "x509Subject": subject.subject,
        "lastSeenAt": subject.seen,
        "createdAt": subject.created,
        "updatedAt": subject.seen,
    }


SUBJECTS = Family("subject", "subject", lambda records: records.certificate_subjects, summary)


def existing_subject(call: Call, *, subject_id: str) -> Target[CertificateSubject]:
    return SUBJECTS.existing(call, subject_id)


def _credential(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "seenAt": datetime.fromisoformat(stored["seenAt"])}


@rolesanywhere.operation(on=existing_subject)
def get_subject(call: Call, subject: CertificateSubject) -> Reply:
    """The subject of that id, with its latest certificates."""
    credentials = [_credential(stored) for stored in json.loads(subject.credentials)]
    return {"subject": summary(subject) | {"credentials": credentials}}


@rolesanywhere.operation(on=anywhere)
def list_subjects(call: Call, _: None, *, next_token: str | None = None, page_size: int | None = None) -> Reply:
    """The region's subjects."""
    return SUBJECTS.page(call, next_token, page_size)
