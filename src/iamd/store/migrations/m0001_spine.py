"""Accounts, users, groups, roles, policies, access keys; change feed, audit events, keyring."""

from __future__ import annotations

_NAMED = "id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL, path TEXT NOT NULL, created BIGINT NOT NULL"
_UNIQUE_NAME = "UNIQUE (account_id, id), UNIQUE (account_id, name_key)"
_KEYED = "{position}, account_id TEXT NOT NULL, key TEXT NOT NULL"

STATEMENTS = (
    """CREATE TABLE accounts (
        {position}, account_id TEXT NOT NULL, created BIGINT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
        alias TEXT, root_password TEXT, UNIQUE (account_id), UNIQUE (alias))""",
    f"""CREATE TABLE users (
        {{position}}, account_id TEXT NOT NULL, {_NAMED}, boundary TEXT, tags TEXT NOT NULL,
        password_last_used BIGINT, {_UNIQUE_NAME})""",
    f"CREATE TABLE groups ({{position}}, account_id TEXT NOT NULL, {_NAMED}, {_UNIQUE_NAME})",
    f"""CREATE TABLE roles (
        {{position}}, account_id TEXT NOT NULL, {_NAMED}, trust TEXT NOT NULL, trusted TEXT NOT NULL,
        description TEXT, max_session INTEGER NOT NULL, boundary TEXT, tags TEXT NOT NULL, {_UNIQUE_NAME})""",
    f"""CREATE TABLE policies (
        {{position}}, account_id TEXT NOT NULL, {_NAMED}, updated BIGINT NOT NULL, default_version INTEGER NOT NULL,
        last_version INTEGER NOT NULL, description TEXT, tags TEXT NOT NULL, {_UNIQUE_NAME})""",
    f"""CREATE TABLE policy_versions (
        {_KEYED}, policy_id TEXT NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL, created BIGINT NOT NULL,
        UNIQUE (account_id, key))""",
    f"""CREATE TABLE inline_policies (
        {_KEYED}, owner_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (account_id, key))""",
    f"""CREATE TABLE attachments (
        {_KEYED}, owner_id TEXT NOT NULL, policy_arn TEXT NOT NULL, attached BIGINT NOT NULL,
        UNIQUE (account_id, key))""",
    f"""CREATE TABLE memberships (
        {_KEYED}, group_id TEXT NOT NULL, user_id TEXT NOT NULL, joined BIGINT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE access_keys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, sealed_secret {blob} NOT NULL,
        created BIGINT NOT NULL, active BOOLEAN NOT NULL, UNIQUE (account_id, id))""",
    "CREATE INDEX access_keys_id ON access_keys (id)",
    f"""CREATE TABLE instance_profiles (
        {{position}}, account_id TEXT NOT NULL, {_NAMED}, role_id TEXT, tags TEXT NOT NULL, {_UNIQUE_NAME})""",
    "CREATE TABLE revisions (account_id TEXT NOT NULL PRIMARY KEY, revision BIGINT NOT NULL)",
    """CREATE TABLE changes (
        {position}, account_id TEXT NOT NULL, revision BIGINT NOT NULL, seq INTEGER NOT NULL, writer BIGINT NOT NULL,
        kind TEXT NOT NULL, key TEXT NOT NULL, before {blob}, UNIQUE (account_id, revision, seq))""",
    """CREATE TABLE events (
        {position}, account_id TEXT NOT NULL, time BIGINT NOT NULL, event_id TEXT NOT NULL, revision BIGINT,
        record {blob} NOT NULL)""",
    "CREATE INDEX events_time ON events (account_id, time)",
    """CREATE TABLE last_used (
        account_id TEXT NOT NULL, subject TEXT NOT NULL, time BIGINT NOT NULL, region TEXT NOT NULL,
        service TEXT NOT NULL, PRIMARY KEY (account_id, subject))""",
    """CREATE TABLE keyring (
        id INTEGER NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, wrapped {blob} NOT NULL, created BIGINT NOT NULL)""",
)
