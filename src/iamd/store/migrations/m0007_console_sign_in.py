"""Signing in to the console with an OpenID Connect provider."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE console_sign_ins (
        {position}, account_id TEXT NOT NULL, provider TEXT NOT NULL, client_id TEXT NOT NULL, sealed_secret TEXT,
        label TEXT NOT NULL, roles TEXT NOT NULL, scopes TEXT NOT NULL, name_claim TEXT NOT NULL,
        UNIQUE (account_id, provider))""",
)
