"""The rest of IAM's records: sign-in, credentials, identity providers, jobs."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = ()
