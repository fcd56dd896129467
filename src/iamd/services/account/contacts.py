"""Whom AWS would turn to: the account's own contact, and those for billing, operations and security."""

from __future__ import annotations

import json
from typing import Any

from iamd.services.account.api import account
from iamd.services.account.subject import subject
from iamd.services.call import Call, Reply
from iamd.store.image import Records
from iamd.store.kinds.account_details import AlternateContact, ContactInformation
from iamd.wire.errors import ResourceNotFoundException

_NOTHING = "No contact of the specified type found."


@account.operation(on=subject)
def put_contact_information(call: Call, records: Records, *, contact_information: dict[str, Any]) -> None:
    """Put the contact in the place of the one before."""
    made = ContactInformation(records.account_id, json.dumps(contact_information, ensure_ascii=False))
    present = records.contact_information.get(records.account_id)
    if present is None:
        records.contact_information.add(made)
    else:
        records.contact_information.replace(present, details=made.details)


@account.operation(on=subject)
def get_contact_information(call: Call, records: Records) -> Reply:
    """The account's contact."""
    present = records.contact_information.get(records.account_id)
    if present is None:
        raise ResourceNotFoundException("No contact information found.")
    return {"ContactInformation": json.loads(present.details), "VerificationStatus": "NOT_SUPPORTED"}


def view(contact: AlternateContact) -> dict[str, Any]:
    """The `AlternateContact` structure."""
    return {
        "Name": contact.name,
        "Title": contact.title,
        "EmailAddress": contact.email,
        "PhoneNumber": contact.phone,
        "AlternateContactType": contact.type,
    }


@account.operation(on=subject)
def put_alternate_contact(
    call: Call,
    records: Records,
    *,
    alternate_contact_type: str,
    name: str,
    title: str,
    email_address: str,
    phone_number: str,
) -> None:
    """Put a contact in the place of the one of its type."""
    present = records.alternate_contacts.get(alternate_contact_type)
    if present is not None:
        records.alternate_contacts.remove(present)
    made = AlternateContact(records.account_id, alternate_contact_type, name, title, email_address, phone_number)
    records.alternate_contacts.add(made)


def _alternate(records: Records, type_: str) -> AlternateContact:
    present: AlternateContact | None = records.alternate_contacts.get(type_)
    if present is None:
        raise ResourceNotFoundException(_NOTHING)
    return present


@account.operation(on=subject)
def get_alternate_contact(call: Call, records: Records, *, alternate_contact_type: str) -> Reply:
    """The contact of a type."""
    return {"AlternateContact": view(_alternate(records, alternate_contact_type))}


@account.operation(on=subject)
def delete_alternate_contact(call: Call, records: Records, *, alternate_contact_type: str) -> None:
    """Delete the contact of a type."""
    records.alternate_contacts.remove(_alternate(records, alternate_contact_type))


@account.operation(on=subject)
def send_phone_number_verification(call: Call, records: Records) -> Reply:
    """Tell that numbers are not verified: nothing here sends messages to telephones."""
    if records.contact_information.get(records.account_id) is None:
        raise ResourceNotFoundException("No contact information found.")
    return {"Status": "NOT_SUPPORTED"}


@account.operation(on=subject)
def verify_phone_number(call: Call, records: Records, *, otp: str) -> Reply:
    """Refuse: no code was sent."""
    raise ResourceNotFoundException("No verification of a phone number is pending.")
