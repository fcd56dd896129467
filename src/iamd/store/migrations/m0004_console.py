"""People at the console."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE console_sessions (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, credential TEXT NOT NULL,
        access_key_id TEXT NOT NULL, started BIGINT NOT NULL, expires BIGINT NOT NULL, mfa_time BIGINT,
        agent TEXT NOT NULL, address TEXT NOT NULL, UNIQUE (account_id, id))""",
)
