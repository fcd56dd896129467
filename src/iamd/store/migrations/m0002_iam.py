"""The rest of IAM's records: sign-in, credentials, identity providers, jobs."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE accounts ADD COLUMN global_token_version INTEGER NOT NULL DEFAULT 1",
    """CREATE TABLE ssh_public_keys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, body TEXT NOT NULL,
        uploaded BIGINT NOT NULL, active BOOLEAN NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE signing_certificates (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, body TEXT NOT NULL,
        uploaded BIGINT NOT NULL, active BOOLEAN NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE server_certificates (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
        path TEXT NOT NULL, uploaded BIGINT NOT NULL, expires BIGINT NOT NULL, body TEXT NOT NULL, chain TEXT,
        sealed_key {blob} NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id, id), UNIQUE (account_id, name_key))""",
    """CREATE TABLE service_credentials (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, service TEXT NOT NULL,
        login TEXT NOT NULL, created BIGINT NOT NULL, sealed_secret {blob} NOT NULL, expires BIGINT,
        active BOOLEAN NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE credential_reports (
        {position}, account_id TEXT NOT NULL, generated BIGINT NOT NULL, content {blob} NOT NULL,
        UNIQUE (account_id))""",
    """CREATE TABLE login_profiles (
        {position}, account_id TEXT NOT NULL, user_id TEXT NOT NULL, created BIGINT NOT NULL, password TEXT NOT NULL,
        changed BIGINT NOT NULL, reset_required BOOLEAN NOT NULL, history TEXT NOT NULL, failures INTEGER NOT NULL,
        locked_until BIGINT, UNIQUE (account_id, user_id))""",
    """CREATE TABLE password_policies (
        {position}, account_id TEXT NOT NULL, minimum_length INTEGER NOT NULL, symbols BOOLEAN NOT NULL,
        numbers BOOLEAN NOT NULL, uppercase BOOLEAN NOT NULL, lowercase BOOLEAN NOT NULL,
        users_may_change BOOLEAN NOT NULL, max_age INTEGER NOT NULL, reuse_prevention INTEGER NOT NULL,
        hard_expiry BOOLEAN NOT NULL, UNIQUE (account_id))""",
    """CREATE TABLE mfa_devices (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
        sealed_seed {blob} NOT NULL, created BIGINT NOT NULL, tags TEXT NOT NULL, owner_id TEXT, enabled BIGINT,
        drift INTEGER NOT NULL, last_step INTEGER NOT NULL, used INTEGER NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE oidc_providers (
        {position}, account_id TEXT NOT NULL, url TEXT NOT NULL, created BIGINT NOT NULL, client_ids TEXT NOT NULL,
        thumbprints TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id, url))""",
    """CREATE TABLE saml_providers (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
        created BIGINT NOT NULL, metadata TEXT NOT NULL, valid_until BIGINT NOT NULL, encrypted BOOLEAN NOT NULL,
        tags TEXT NOT NULL, UNIQUE (account_id, id), UNIQUE (account_id, name_key))""",
    """CREATE TABLE saml_keys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, provider_id TEXT NOT NULL, created BIGINT NOT NULL,
        sealed {blob} NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE outbound_federation (
        {position}, account_id TEXT NOT NULL, issuer_id TEXT NOT NULL, enabled BOOLEAN NOT NULL,
        UNIQUE (account_id))""",
    """CREATE TABLE role_deletions (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, role_name TEXT NOT NULL, task_id TEXT NOT NULL,
        requested BIGINT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE role_sources (
        {position}, account_id TEXT NOT NULL, role_id TEXT NOT NULL, template_arn TEXT NOT NULL,
        minor_version INTEGER NOT NULL, given TEXT NOT NULL, UNIQUE (account_id, role_id))""",
    """CREATE TABLE account_properties (
        {position}, account_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (account_id, name))""",
    """CREATE TABLE last_accessed (
        account_id TEXT NOT NULL, principal_id TEXT NOT NULL, service TEXT NOT NULL, action TEXT NOT NULL,
        time BIGINT NOT NULL, region TEXT NOT NULL, PRIMARY KEY (account_id, principal_id, service, action))""",
    """CREATE TABLE access_reports (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, granularity TEXT NOT NULL,
        created BIGINT NOT NULL, content {blob} NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE delegation_requests (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, workflow_id TEXT NOT NULL, description TEXT NOT NULL,
        template_arn TEXT NOT NULL, parameters TEXT NOT NULL, policy TEXT NOT NULL, channel TEXT NOT NULL,
        state TEXT NOT NULL, session_seconds INTEGER NOT NULL, created BIGINT NOT NULL, changed BIGINT NOT NULL,
        only_owner_sends BOOLEAN NOT NULL, message TEXT, redirect_url TEXT, owner_account TEXT, owner_arn TEXT,
        approver_arn TEXT, approver_id TEXT, notes TEXT, rejection TEXT, updated BIGINT, sealed_token {blob} NOT NULL,
        UNIQUE (account_id, id))""",
    """CREATE TABLE delegation_claims (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (account_id, id))""",
)
