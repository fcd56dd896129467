"""Which events a trail's next log file has, before it is in its bucket."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = ("ALTER TABLE trail_deliveries ADD COLUMN planned TEXT",)
