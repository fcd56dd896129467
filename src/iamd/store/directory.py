"""Which accounts there are, their aliases, addresses and organizations, and whose an access key is, without asking the
database."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iamd.store.cache import ImageCache
from iamd.store.collection import Collection
from iamd.store.image import ACCOUNTS, Records
from iamd.store.interface import AccountChange, Listed
from iamd.store.records import AccessKey, Account

_MAX_KEYS = 100_000


class Directory:
    """What was last committed as far as is known; an image in memory knows better, and is asked first."""

    def __init__(self, images: ImageCache) -> None:
        self._images = images
        self._listed: dict[str, Listed] = {}  # every account, oldest first
        self.noted = 0  # how often one of them became another
        self._keys: dict[str, str] = {}

    def load(self, listed: Mapping[str, Listed]) -> None:
        """Take in the accounts as the database has them."""
        self._listed = dict(listed)

    def accounts(self) -> list[str]:
        """Every account there is, oldest first."""
        return list(self._listed)

    def records(self, account_id: str) -> Records | None:
        """The account's records when they are in memory."""
        image = self._images.get(account_id)
        if image is None:
            return None
        accounts: Collection[Account] = image.accounts
        return image if len(accounts) else None

    def has_account(self, account_id: str) -> bool:
        image = self._images.get(account_id)
        return account_id in self._listed if image is None else bool(image.accounts)

    def alias_owner(self, alias: str) -> str | None:
        """The account that has this alias, also when the change that gave it is still under way."""
        return self._find(lambda account: account.alias == alias)

    def email_owner(self, email: str) -> str | None:
        """The account whose root user has this address, whatever its case; as for `alias_owner`."""
        folded = email.lower()
        return self._find(lambda account: account.email.lower() == folded)

    def _find(self, matches: Callable[[Account | Listed], bool]) -> str | None:
        for image in self._images.all():
            if image.accounts and matches(image.account):
                return image.account_id
        for account_id, known in self._listed.items():
            if matches(known) and self._images.get(account_id) is None:
                return account_id
        return None

    def organization_of(self, account_id: str) -> str | None:
        """The management account of an account's organization; None when it is in none or there is no such account."""
        image = self._images.get(account_id)
        if image is not None:
            accounts: Collection[Account] = image.accounts  # said to be one, it is called directly
            account = accounts.get(account_id)
            return None if account is None else account.organization
        known = self._listed.get(account_id)
        return None if known is None else known.organization

    def note(self, image: Records) -> None:
        """Note what the account's image, which has no change under way, says of it."""
        self._note(image.account_id, image.account if image.accounts else None)

    def committed(self, change: AccountChange) -> None:
        """Note an account that was made, changed or removed."""
        for step in change.steps:
            if step.collection.kind is ACCOUNTS:
                self._note(change.account_id, step.after)

    def _note(self, account_id: str, account: Account | None) -> None:
        known, told = self._listed.get(account_id), None if account is None else _listed(account)
        if told == known:
            return
        self.noted += 1
        if told is None:
            del self._listed[account_id]
        else:
            self._listed[account_id] = told

    def account_of_key(self, access_key_id: str) -> str | None:
        """The key's account, when it is known; it may still have no such key, when it is not in memory."""
        account_id = self._keys.get(access_key_id)
        if account_id is None:
            return None
        image = self._images.get(account_id)
        if image is None or image.access_keys.get(access_key_id) is not None:
            return account_id
        del self._keys[access_key_id]
        return None

    def key_at_hand(self, access_key_id: str) -> tuple[Records, AccessKey] | None:
        """The key and its account's records, when both are in memory."""
        image = self._images.get(self._keys.get(access_key_id, ""))
        if image is None:
            return None
        keys: Collection[AccessKey] = image.access_keys
        key = keys.get(access_key_id)
        return None if key is None else (image, key)

    def key_of(self, account_id: str, access_key_id: str) -> tuple[Records, AccessKey] | None:
        """The key and its account's records, when that account has it and is in memory."""
        image = self._images.get(account_id)
        key = None if image is None else image.access_keys.get(access_key_id)
        if image is None or key is None:
            return None
        self.note_key(access_key_id, account_id)
        return image, key

    def note_key(self, access_key_id: str, account_id: str) -> None:
        if len(self._keys) >= _MAX_KEYS:
            self._keys.clear()
        self._keys[access_key_id] = account_id

    def clear(self) -> None:
        self.noted += 1  # what is being listed is not so any more
        self._listed.clear()
        self._keys.clear()


def _listed(account: Account) -> Listed:
    return Listed(account.alias, account.email, account.organization)
