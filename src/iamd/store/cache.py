"""The accounts in memory: loaded when first needed, the longest unused dropped when they take too much of it."""

from __future__ import annotations

from collections.abc import Collection

from iamd.store.image import Records


class ImageCache:
    """Images by account id, bounded by the bytes that they take together, about."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._images: dict[str, Records] = {}  # the one used last is the last
        self._last: Records | None = None
        self._last_id = ""
        self._weights: dict[str, tuple[int, int]] = {}  # of images, with the revision at which they were weighed
        self._loads = 0

    def get(self, account_id: str) -> Records | None:
        if account_id == self._last_id:  # as mostly, and it is where it has to be
            return self._last
        image = self._images.get(account_id)
        if image is not None:
            self._use(account_id, image)
        return image

    def _use(self, account_id: str, image: Records) -> None:
        self._images.pop(account_id, None)
        self._images[account_id] = image
        self._last_id, self._last = account_id, image

    def put(self, image: Records, pinned: Collection[str]) -> list[str]:
        """Take in a loaded image; returns the accounts that were dropped for it, none of them pinned."""
        self._loads += 1
        # An image that comes again must not look like its earlier self to those who remember generations.
        image.generation = image.structure = self._loads << 32
        self._use(image.account_id, image)
        return self._shrink({*pinned, image.account_id})

    def all(self) -> Collection[Records]:
        return self._images.values()

    def drop(self, account_id: str) -> None:
        self._images.pop(account_id, None)
        self._weights.pop(account_id, None)
        if account_id == self._last_id:
            self._last_id, self._last = "", None

    def clear(self) -> None:
        self._images.clear()
        self._weights.clear()
        self._last_id, self._last = "", None

    def _shrink(self, kept: Collection[str]) -> list[str]:
        excess = sum([self._weight(image) for image in self._images.values()]) - self._max_bytes
        if excess <= 0:
            return []
        dropped = []
        for account_id, image in self._images.items():
            if excess <= 0:
                break
            if account_id not in kept:
                dropped.append(account_id)
                excess -= self._weight(image)
        for account_id in dropped:
            self.drop(account_id)
        return dropped

    def _weight(self, image: Records) -> int:
        """What an image takes; weighed anew when it has changed, so that a thousand of them are no work."""
        known = self._weights.get(image.account_id)
        if known is None or known[0] != image.revision:
            known = self._weights[image.account_id] = image.revision, image.weight()
        return known[1]
