"""More than one account, and the ways in from outside."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = ()
