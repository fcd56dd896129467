"""Who came to the console from elsewhere."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = ("ALTER TABLE console_sessions ADD COLUMN sealed TEXT",)
