"""The console and passkeys; event data stores; when each change was made; findings; more of Access Analyzer."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE console_sessions (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, credential TEXT NOT NULL,
        access_key_id TEXT NOT NULL, started BIGINT NOT NULL, expires BIGINT NOT NULL, mfa_time BIGINT,
        agent TEXT NOT NULL, address TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE event_data_stores (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, retention_days INTEGER NOT NULL,
        multi_region BOOLEAN NOT NULL, protected BOOLEAN NOT NULL, billing TEXT NOT NULL, selectors TEXT NOT NULL,
        taken TEXT NOT NULL, deleted BIGINT, tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE event_queries (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, stores TEXT NOT NULL, statement TEXT NOT NULL,
        created BIGINT NOT NULL, status TEXT NOT NULL, ended BIGINT, failure TEXT, rows INTEGER NOT NULL,
        scanned BIGINT NOT NULL, bytes BIGINT NOT NULL, milliseconds INTEGER NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE query_results (
        account_id TEXT NOT NULL, id TEXT NOT NULL, time BIGINT NOT NULL, content {blob} NOT NULL,
        PRIMARY KEY (account_id, id))""",
    "CREATE INDEX query_results_time ON query_results (time)",
    """CREATE TABLE passkeys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL,
        serial_number TEXT NOT NULL, host TEXT NOT NULL, public_key {blob} NOT NULL, sign_count BIGINT NOT NULL,
        transports TEXT NOT NULL, enabled BIGINT NOT NULL, challenged BIGINT NOT NULL, UNIQUE (account_id, id))""",
    "ALTER TABLE digest_chains ADD COLUMN pending TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE analyzers ADD COLUMN configuration TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE access_findings ADD COLUMN type TEXT NOT NULL DEFAULT 'ExternalAccess'",
    "ALTER TABLE access_findings ADD COLUMN resource_type TEXT NOT NULL DEFAULT 'AWS::IAM::Role'",
    "ALTER TABLE access_findings ADD COLUMN recommended BIGINT",
    """CREATE TABLE access_previews (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, analyzer TEXT NOT NULL, created BIGINT NOT NULL,
        configurations TEXT NOT NULL, findings TEXT NOT NULL, status TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE policy_generations (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, principal_arn TEXT NOT NULL, started BIGINT NOT NULL,
        completed BIGINT NOT NULL, properties TEXT NOT NULL, done TEXT NOT NULL, failure TEXT,
        UNIQUE (account_id, id))""",
    "ALTER TABLE sign_in_sessions ADD COLUMN proofs TEXT NOT NULL DEFAULT '[]'",
    # A change of before this column is as old as its event says; one that has none counts as older than any.
    "ALTER TABLE changes ADD COLUMN time BIGINT NOT NULL DEFAULT 0",
    """UPDATE changes SET time = told.time FROM (
        SELECT account_id, revision, min(time) AS time FROM events WHERE revision IS NOT NULL
        GROUP BY account_id, revision) AS told
        WHERE changes.account_id = told.account_id AND changes.revision = told.revision""",
    """CREATE TABLE findings (
        account_id TEXT NOT NULL, id TEXT NOT NULL, updated BIGINT NOT NULL, archived BOOLEAN NOT NULL,
        content {blob} NOT NULL, PRIMARY KEY (account_id, id))""",
    "CREATE INDEX findings_updated ON findings (updated)",
    """CREATE TABLE detection_memory (
        account_id TEXT NOT NULL PRIMARY KEY, reached BIGINT NOT NULL, content {blob} NOT NULL)""",
)
