"""What the Account service keeps of an account: contacts, and the regions that it has opted in to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind


@dataclass(frozen=True, slots=True)
class ContactInformation:
    """The account's own contact; `details` is the API's structure as JSON."""

    account_id: str
    details: str


@dataclass(frozen=True, slots=True)
class AlternateContact:
    """Whom to turn to in matters of billing, operations or security."""

    account_id: str
    type: str  # "BILLING"
    name: str
    title: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class OptedRegion:
    """A region that is enabled, though not by default."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True)
class EmailUpdate:
    """The last change of the root user's address that was asked for; `accepted` is when the code was told."""

    account_id: str
    email: str
    requested: datetime
    sealed_code: bytes = field(repr=False)  # opens with the account's id
    accepted: datetime | None = None


CONTACT_INFORMATION = Kind("contact_information", ContactInformation, lambda r: r.account_id)
ALTERNATE_CONTACTS = Kind("alternate_contacts", AlternateContact, lambda r: r.type)
OPTED_REGIONS = Kind("opted_regions", OptedRegion, lambda r: r.name)

EMAIL_UPDATES = Kind("email_updates", EmailUpdate, lambda r: r.account_id)

KINDS: tuple[Kind[Any], ...] = (CONTACT_INFORMATION, ALTERNATE_CONTACTS, OPTED_REGIONS, EMAIL_UPDATES)
