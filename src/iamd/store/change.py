"""What one write sees and does."""

from __future__ import annotations

from collections.abc import Callable

from iamd.store.errors import NoAccount
from iamd.store.image import Records
from iamd.store.interface import AccountChange, Event
from iamd.store.kind import Step, Taken


class NotLoaded(Exception):
    """The work needs an account that is not in memory: load it and do the work again."""

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id


class Change:
    """One transaction over the images of any number of accounts, as the function given to `Store.write` has it.

    The function may run more than once (when an account had to be loaded, or another process was faster), each time
    with a new Change on untouched images; it must keep no other state, and hold no records from before.
    """

    __slots__ = ("_image", "_touched", "events", "refusals")

    def __init__(self, image: Callable[[str], Records | None]) -> None:
        self._image = image
        self._touched: dict[str, Records] = {}
        self.events: list[Event] = []
        self.refusals: list[Event] = []

    def records(self, account_id: str) -> Records:
        """The account's records, to read and to change; raises NoAccount."""
        image = self._touch(account_id)
        if not image.accounts:
            raise NoAccount(account_id)
        return image

    def create(self, account_id: str) -> Records:
        """The empty records of a new account, to which the work adds its Account; raises Taken when it exists."""
        image = self._touch(account_id)
        if image.accounts:
            raise Taken(account_id)
        return image

    def event(self, event: Event) -> None:
        """Record an audit event in the same transaction, if the work succeeds."""
        self.events.append(event)

    def refused(self, event: Event) -> None:
        """Record an audit event also, and only, when the work raises."""
        self.refusals.append(event)

    def take(self) -> list[AccountChange]:
        """What the work changed; the images move on to their next revision."""
        changes = []
        for account_id, image in self._touched.items():
            if image.journal:
                steps: list[Step] = image.take_journal()
                image.revision += 1
                changes.append(AccountChange(account_id, image.revision, steps))
        return changes

    def undo(self) -> None:
        """Leave the images as they were."""
        for image in self._touched.values():
            if image.journal:
                image.undo()

    def _touch(self, account_id: str) -> Records:
        image = self._touched.get(account_id)
        if image is None:
            image = self._image(account_id)
            if image is None:
                raise NotLoaded(account_id)
            self._touched[account_id] = image
        return image
