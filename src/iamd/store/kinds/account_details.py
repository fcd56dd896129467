"""What the Account service keeps of an account: contacts, and the regions that it has opted in to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamd.store.collection import Kind


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


CONTACT_INFORMATION = Kind("contact_information", ContactInformation, lambda r: r.account_id)
ALTERNATE_CONTACTS = Kind("alternate_contacts", AlternateContact, lambda r: r.type)
OPTED_REGIONS = Kind("opted_regions", OptedRegion, lambda r: r.name)

KINDS: tuple[Kind[Any], ...] = (CONTACT_INFORMATION, ALTERNATE_CONTACTS, OPTED_REGIONS)
