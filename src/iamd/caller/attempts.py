"""How often a secret may be tried: guesses at six digits must not be cheap."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from iamd.node.memory import Table

WINDOW = 180  # seconds; windows begin at multiples of this
MOST = 9
SUBJECTS = 16_384  # that are kept apart in a window; each try costs more than would fill this in one


class Attempts:
    """Counts tries by subject in the present window, in all workers of a server; a window's counts end with it.

    AWS was seen to verify nine codes of a device in each three minutes.
    """

    def __init__(self) -> None:
        self._tried = Table(SUBJECTS, 1 + MOST)  # the end of the window, and what each try is known by

    def count(self, subject: str, attempt: str, now: datetime) -> bool:
        """Count a try, which has an id, and so is counted once however often it is made; False: one too many."""
        seconds = int(now.timestamp())
        known = _known_by(attempt)
        with self._tried.entry((subject,), seconds) as entry:
            entry[0] = (seconds // WINDOW + 1) * WINDOW
            tried = entry[1:].tolist()
            if known in tried:
                return True
            if 0 not in tried:
                return False
            entry[1 + tried.index(0)] = known
        return True

    def forgive(self, subject: str, attempt: str) -> None:
        """Take a try back, because it was right."""
        known = _known_by(attempt)
        with self._tried.entry((subject,), 0) as entry:  # also in a window that has just ended
            for at in range(1, len(entry)):
                if entry[at] == known:
                    entry[at] = 0

    def clear(self) -> None:
        self._tried.clear()


def _known_by(attempt: str) -> int:
    """A number that stands for an id; 0 stands for none."""
    return int.from_bytes(blake2b(attempt.encode(), digest_size=8).digest()) | 1
