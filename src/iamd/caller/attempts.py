"""How often a secret may be tried: guesses at six digits must not be cheap."""

from __future__ import annotations

from datetime import datetime

WINDOW = 180  # seconds; windows begin at multiples of this
MOST = 9


class Attempts:
    """Counts tries by subject in the present window, in this process; a window's counts end with it.

    AWS was seen to verify nine codes of a device in each three minutes.
    """

    def __init__(self) -> None:
        self._window = 0
        self._tried: dict[str, set[str]] = {}

    def count(self, subject: str, attempt: str, now: datetime) -> bool:
        """Count a try, which has an id, and so is counted once however often it is made; False: one too many."""
        self._turn(now)
        tried = self._tried.setdefault(subject, set())
        if attempt not in tried and len(tried) >= MOST:
            return False
        tried.add(attempt)
        return True

    def forgive(self, subject: str, attempt: str) -> None:
        """Take a try back, because it was right."""
        self._tried.get(subject, set()).discard(attempt)

    def clear(self) -> None:
        self._tried.clear()

    def _turn(self, now: datetime) -> None:
        window = int(now.timestamp()) // WINDOW
        if window != self._window:
            self._window = window
            self._tried.clear()
