"""What can go wrong in the store, as the rooms above see it."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot be opened, read or written. Nothing of the failed work was acknowledged."""


class NotWritten(StoreError):
    """The database did not take a change, so that it is to be taken back in memory. (Should it be there after all, when
    the answer was lost, it comes back as another process's would.)"""


class Refused(NotWritten):
    """The store does not do this here, or not now, for a reason that clients may be told: the message."""


class StaleRead(StoreError):
    """What was read has been superseded before it was durable: read again."""


class NotKept(StoreError):
    """The history does not have what was asked for: it was forgotten, or has not happened yet."""


class NoAccount(KeyError):
    """There is no account of that id."""
