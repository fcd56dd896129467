"""More than one account, and the ways in from outside."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE denials (
        {position}, account_id TEXT NOT NULL, time BIGINT NOT NULL, id TEXT NOT NULL, record {blob} NOT NULL,
        UNIQUE (account_id, id))""",
    "CREATE INDEX denials_id ON denials (id)",
    "CREATE INDEX denials_account ON denials (account_id, position)",
    "CREATE INDEX denials_time ON denials (time)",
    """CREATE TABLE denial_documents (
        account_id TEXT NOT NULL, digest TEXT NOT NULL, used BIGINT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (account_id, digest))""",
    "CREATE INDEX denial_documents_used ON denial_documents (used)",
)
