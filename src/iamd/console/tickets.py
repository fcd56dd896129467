"""What stands between the steps of a sign-in: who has come how far, sealed into the form, so that nothing is kept.

A ticket is good for one step, for the browser and the address that it was made for, and for a few minutes.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec

from iamd.console.browser import Browser
from iamd.services.carried import opened, sealed
from iamd.services.signin.people import Person

LIFE = timedelta(minutes=5)


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Who has come so far; `browser` is the digest of the cookie of forms, `action` that of the page's address."""

    person: Person
    browser: str
    action: str
    expires: int  # seconds of the epoch


def ticket(browser: Browser, person: Person, step: str) -> str:
    """Leave for that person to take that step next, as text for a form."""
    expires = int((browser.visit.now + LIFE).timestamp())
    made = _Ticket(person, _digest(browser.cookie), _digest(browser.action), expires)
    return sealed(browser.visit.realm.sealer, made, _context(step))


def holder(browser: Browser, text: str, step: str) -> Person | None:
    """Who may take that step; None when the ticket is not for it, for this browser and address, or has expired."""
    visit = browser.visit
    found = opened(visit.realm.sealer, text, _context(step), _Ticket)
    if found is None or (found.browser, found.action) != (_digest(browser.cookie), _digest(browser.action)):
        return None
    return found.person if visit.now.timestamp() <= found.expires else None


def _context(step: str) -> bytes:
    return f"console ticket {step}".encode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
