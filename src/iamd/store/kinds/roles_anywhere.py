"""IAM Roles Anywhere: whose certificates are taken, for which roles, and who has come with one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


def _arn(region: str, account_id: str, resource: str) -> str:
    return f"arn:{PARTITION}:rolesanywhere:{region}:{account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """Authorities whose certificates are taken: PEM. `notifications` are settings of the account's own, as JSON."""

    account_id: str
    id: str
    region: str
    name: str
    created: datetime
    updated: datetime
    bundle: str = field(repr=False)
    enabled: bool = True
    notifications: str = "[]"
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return _arn(self.region, self.account_id, f"trust-anchor/{self.id}")


@dataclass(frozen=True, slots=True)
class AnywhereProfile:
    """Roles and what bounds their sessions. `mappings` tell which parts of a certificate become tags, as JSON."""

    account_id: str
    id: str
    region: str
    name: str
    created: datetime
    updated: datetime
    created_by: str
    role_arns: tuple[str, ...]
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    seconds: int = 3600
    accepts_session_name: bool = False
    needs_instance_properties: bool = False
    enabled: bool = True
    mappings: str = "{}"
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return _arn(self.region, self.account_id, f"profile/{self.id}")


@dataclass(frozen=True, slots=True)
class RevocationList:
    """Certificates of a trust anchor that are taken no more."""

    account_id: str
    id: str
    region: str
    name: str
    created: datetime
    updated: datetime
    anchor_id: str
    data: bytes = field(repr=False)
    enabled: bool = True
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return _arn(self.region, self.account_id, f"crl/{self.id}")


@dataclass(frozen=True, slots=True)
class CertificateSubject:
    """Someone who came with a certificate; `credentials` are the latest ones, as JSON."""

    account_id: str
    id: str
    region: str
    subject: str  # RFC 4514
    created: datetime
    seen: datetime
    credentials: str = "[]"
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return _arn(self.region, self.account_id, f"subject/{self.id}")


TRUST_ANCHORS = Kind("trust_anchors", TrustAnchor, lambda r: r.id)
ANYWHERE_PROFILES = Kind("anywhere_profiles", AnywhereProfile, lambda r: r.id)
REVOCATION_LISTS = Kind("revocation_lists", RevocationList, lambda r: r.id, None, {"anchor": lambda r: r.anchor_id})
CERTIFICATE_SUBJECTS = Kind(
    "certificate_subjects",
    CertificateSubject,
    lambda r: r.id,
    None,
    {"subject": lambda r: f"{r.region}/{r.subject}"},
)

KINDS: tuple[Kind[Any], ...] = (TRUST_ANCHORS, ANYWHERE_PROFILES, REVOCATION_LISTS, CERTIFICATE_SUBJECTS)
