"""The accounts in memory: loaded when first needed, the longest unused dropped when there are too many records."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from iamd.store.image import Records


class ImageCache:
    """Images by account id, bounded by the number of records they hold together."""

    def __init__(self, max_records: int) -> None:
        self._max_records = max_records
        self._images: OrderedDict[str, Records] = OrderedDict()
        self._loads = 0

    def get(self, account_id: str) -> Records | None:
        image = self._images.get(account_id)
        if image is not None:
            self._images.move_to_end(account_id)
        return image

    def put(self, image: Records, pinned: Collection[str]) -> list[str]:
        """Take in a loaded image; returns the accounts that were dropped for it, none of them pinned."""
        self._loads += 1
        # An image that comes again must not look like its earlier self to those who remember generations.
        image.generation = image.structure = self._loads << 32
        self._images[image.account_id] = image
        self._images.move_to_end(image.account_id)
        return self._shrink({*pinned, image.account_id})

    def all(self) -> Collection[Records]:
        return self._images.values()

    def drop(self, account_id: str) -> None:
        self._images.pop(account_id, None)

    def clear(self) -> None:
        self._images.clear()

    def _shrink(self, kept: Collection[str]) -> list[str]:
        held = {account_id: image.size() + 1 for account_id, image in self._images.items()}
        excess = sum(held.values()) - self._max_records
        dropped = []
        for account_id, size in held.items():
            if excess <= 0:
                break
            if account_id not in kept:
                del self._images[account_id]
                dropped.append(account_id)
                excess -= size
        return dropped
