"""Which accounts there are, their aliases, and whose an access key is, without asking the database."""

from __future__ import annotations

from collections.abc import Mapping

from iamd.store.cache import ImageCache
from iamd.store.image import ACCOUNTS, Records
from iamd.store.interface import AccountChange

_MAX_KEYS = 100_000


class Directory:
    """What was last committed as far as is known; an image in memory knows better, and is asked first."""

    def __init__(self, images: ImageCache) -> None:
        self._images = images
        self._aliases: dict[str, str | None] = {}  # of every account, oldest first
        self._keys: dict[str, str] = {}

    def load(self, aliases: Mapping[str, str | None]) -> None:
        """Take in the accounts as the database has them."""
        self._aliases = dict(aliases)

    def accounts(self) -> list[str]:
        """Every account there is, oldest first."""
        return list(self._aliases)

    def has_account(self, account_id: str) -> bool:
        image = self._images.get(account_id)
        return account_id in self._aliases if image is None else bool(image.accounts)

    def alias_owner(self, alias: str) -> str | None:
        """The account that has this alias, also when the change that gave it is still under way."""
        for image in self._images.all():
            if image.accounts and image.account.alias == alias:
                return image.account_id
        for account_id, known in self._aliases.items():
            if known == alias and self._images.get(account_id) is None:
                return account_id
        return None

    def note(self, image: Records) -> None:
        """Note what the account's image, which has no change under way, says of it."""
        if image.accounts:
            self._aliases[image.account_id] = image.account.alias
        else:
            self._aliases.pop(image.account_id, None)

    def committed(self, change: AccountChange) -> None:
        """Note an account that was made, changed or removed."""
        for step in change.steps:
            if step.collection.kind is ACCOUNTS:
                if step.after is None:
                    self._aliases.pop(change.account_id, None)
                else:
                    self._aliases[change.account_id] = step.after.alias

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

    def note_key(self, access_key_id: str, account_id: str) -> None:
        if len(self._keys) >= _MAX_KEYS:
            self._keys.clear()
        self._keys[access_key_id] = account_id

    def clear(self) -> None:
        self._aliases.clear()
        self._keys.clear()
