"""The detections that events alone show. (Who has become an administrator, the policy engine says.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iamd.audit.detections.catalogue import (
    BURST,
    BURST_TIME,
    CREDENTIAL_FOR_OTHER,
    FAILED_SIGN_INS,
    LEARNING,
    NEW_NETWORK,
    RECORD_STOPPED,
    ROOT_USE,
    SIGN_IN_WITHOUT_MFA,
    Detection,
)
from iamd.audit.detections.memory import Memory
from iamd.audit.detections.seen import Seen


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection in one event; those of the same detection and `subject` are one finding."""

    detection: Detection
    subject: str
    seen: Seen
    detail: str


Detector = Callable[[Seen, Memory], Iterator[Sighting]]

_CREDENTIALS = frozenset(
    {
        *("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "CreateServiceSpecificCredential"),
        *("ResetServiceSpecificCredential", "UploadSSHPublicKey", "UploadSigningCertificate"),
    }
)
_STOPPING = frozenset({"StopLogging", "DeleteTrail", "StopEventDataStoreIngestion", "DeleteEventDataStore"})
POLICY_CHANGES = frozenset(
    {
        *(f"Put{kind}Policy" for kind in ("User", "Group", "Role")),
        *(f"{verb}{kind}Policy" for kind in ("User", "Group", "Role") for verb in ("Attach", "Detach", "Delete")),
        *(f"{verb}{kind}PermissionsBoundary" for kind in ("User", "Role") for verb in ("Put", "Delete")),
        *("AddUserToGroup", "CreatePolicyVersion", "SetDefaultPolicyVersion"),
    }
)
"""Operations of IAM by which somebody may become an administrator, or cease to be one."""


def _root_use(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    if seen.who.type == "Root":
        yield Sighting(ROOT_USE, seen.who.access_key_id or "console", seen, seen.ip or "this machine")


def _sign_in_without_mfa(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    # Of who comes from elsewhere, the record says `No` whatever the identity provider has asked for.
    has_password = seen.who.type in ("IAMUser", "Root")
    if has_password and _signed_in(seen) == "Success" and seen.additional.get("MFAUsed") == "No":
        yield Sighting(SIGN_IN_WITHOUT_MFA, seen.principal_id, seen, seen.ip or "this machine")


def _failed_sign_ins(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    if _signed_in(seen) != "Failure":
        return
    keys = {f"from {seen.ip}": seen.ip, f"of {seen.principal}": seen.who.principal_id}
    for detail, key in keys.items():
        if key and memory.failures_within(detail, seen.time, BURST_TIME) >= BURST:
            yield Sighting(FAILED_SIGN_INS, detail, seen, detail)


def _signed_in(seen: Seen) -> str | None:
    outcome = seen.response.get("ConsoleLogin") if seen.name == "ConsoleLogin" else None
    return outcome if isinstance(outcome, str) else None


def _new_network(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    # A call that failed shows nothing: a signature that is not the principal's own is in nobody's trail.
    if seen.who.type in ("AWSAccount", "Unknown") or not seen.principal_id or _signed_in(seen) == "Failure":
        return
    network = memory.is_new_network(seen.principal_id, seen.ip, seen.time, LEARNING)
    if network is not None:
        yield Sighting(NEW_NETWORK, f"{seen.principal_id}/{network}", seen, f"{seen.ip} in {network}")


def _credential_for_other(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    if seen.name in _CREDENTIALS and seen.source == "iam.amazonaws.com" and not seen.failed:
        user = seen.params.get("userName")
        if isinstance(user, str) and user != seen.who.user_name:
            yield Sighting(CREDENTIAL_FOR_OTHER, f"{seen.principal_id}/{user}", seen, f"user {user}")


def _record_stopped(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    if seen.name in _STOPPING and seen.source == "cloudtrail.amazonaws.com" and not seen.failed:
        name = seen.params.get("name") or seen.params.get("eventDataStore")
        what = "trail" if "name" in seen.params else "event data store"
        yield Sighting(RECORD_STOPPED, str(name), seen, f"{what} {name}")


_ANY_EVENT: tuple[Detector, ...] = (_root_use, _new_network)
DETECTORS: tuple[Detector, ...] = (
    *_ANY_EVENT,
    _sign_in_without_mfa,
    _failed_sign_ins,
    _credential_for_other,
    _record_stopped,
)
_TELLING = _CREDENTIALS | _STOPPING | {"ConsoleLogin"}  # what the others look at


def sightings(seen: Seen, memory: Memory) -> Iterator[Sighting]:
    """What an event shows, all before it being remembered."""
    for detector in DETECTORS if seen.name in _TELLING else _ANY_EVENT:
        yield from detector(seen, memory)


def changes_policies(seen: Seen) -> bool:
    """Whether somebody may have become an administrator by that event."""
    return seen.name in POLICY_CHANGES and seen.source == "iam.amazonaws.com" and not seen.failed
