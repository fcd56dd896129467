"""IAM Identity Center and its identity store; runs of audit records."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE identity_centers (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, store_id TEXT NOT NULL, region TEXT NOT NULL,
        created BIGINT NOT NULL, name TEXT NOT NULL, permission_sets BOOLEAN NOT NULL, attributes TEXT,
        more_regions TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id))""",
    """CREATE TABLE permission_sets (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, instance_id TEXT NOT NULL, name TEXT NOT NULL,
        name_key TEXT NOT NULL, created BIGINT NOT NULL, description TEXT, session TEXT NOT NULL, relay_state TEXT,
        managed TEXT NOT NULL, customer_managed TEXT NOT NULL, inline TEXT, boundary TEXT, revision INTEGER NOT NULL,
        tags TEXT NOT NULL, UNIQUE (account_id, id), UNIQUE (account_id, name_key))""",
    """CREATE TABLE provisioned_sets (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, set_id TEXT NOT NULL, target_id TEXT NOT NULL,
        role_name TEXT NOT NULL, revision INTEGER NOT NULL, provisioned BIGINT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE account_assignments (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, set_id TEXT NOT NULL, target_id TEXT NOT NULL,
        principal_type TEXT NOT NULL, principal_id TEXT NOT NULL, created BIGINT NOT NULL,
        UNIQUE (account_id, key))""",
    """CREATE TABLE provisioning_requests (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, set_id TEXT NOT NULL,
        created BIGINT NOT NULL, status TEXT NOT NULL, failure TEXT, target_id TEXT, principal_type TEXT,
        principal_id TEXT, UNIQUE (account_id, id))""",
    """CREATE TABLE store_users (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
        email TEXT, attributes TEXT NOT NULL, external_ids TEXT NOT NULL, enabled BOOLEAN NOT NULL,
        revision INTEGER NOT NULL, UNIQUE (account_id, id), UNIQUE (account_id, name_key))""",
    """CREATE TABLE store_groups (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
        description TEXT, external_ids TEXT NOT NULL, revision INTEGER NOT NULL, UNIQUE (account_id, id),
        UNIQUE (account_id, name_key))""",
    """CREATE TABLE store_memberships (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, group_id TEXT NOT NULL, user_id TEXT NOT NULL,
        created BIGINT NOT NULL, created_by TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE applications (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, instance_id TEXT NOT NULL, owner_id TEXT NOT NULL,
        provider_arn TEXT NOT NULL, name TEXT NOT NULL, created BIGINT NOT NULL, region TEXT NOT NULL,
        description TEXT, enabled BOOLEAN NOT NULL, portal TEXT NOT NULL, assignment_required BOOLEAN NOT NULL,
        background_sessions BOOLEAN NOT NULL, grants TEXT NOT NULL, scopes TEXT NOT NULL, actor_policy TEXT,
        client_token TEXT, tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE application_assignments (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, application_id TEXT NOT NULL,
        principal_type TEXT NOT NULL, principal_id TEXT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE trusted_token_issuers (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, instance_id TEXT NOT NULL, owner_id TEXT NOT NULL,
        name TEXT NOT NULL, name_key TEXT NOT NULL, issuer_url TEXT NOT NULL, claim_path TEXT NOT NULL,
        attribute_path TEXT NOT NULL, client_token TEXT, tags TEXT NOT NULL, UNIQUE (account_id, id),
        UNIQUE (account_id, name_key))""",
    """CREATE TABLE portal_passwords (
        {position}, account_id TEXT NOT NULL, user_id TEXT NOT NULL, password TEXT NOT NULL, changed BIGINT NOT NULL,
        is_one_time BOOLEAN NOT NULL, history TEXT NOT NULL, failures INTEGER NOT NULL, locked_until BIGINT, UNIQUE
        (account_id, user_id))""",
    """CREATE TABLE portal_devices (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL, sealed_seed
        {blob} NOT NULL, enabled BIGINT NOT NULL, drift INTEGER NOT NULL, last_step INTEGER NOT NULL, used INTEGER NOT
        NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE portal_sessions (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, user_id TEXT NOT NULL, credential TEXT NOT NULL,
        started BIGINT NOT NULL, expires BIGINT NOT NULL, mfa_time BIGINT, agent TEXT NOT NULL, address TEXT NOT NULL,
        client TEXT NOT NULL, client_key TEXT NOT NULL, scopes TEXT NOT NULL, generation INTEGER NOT NULL, rotated
        BIGINT, UNIQUE (account_id, id))""",
    """CREATE TABLE device_authorizations (
        {position}, account_id TEXT NOT NULL, code TEXT NOT NULL, device TEXT NOT NULL, client TEXT NOT NULL,
        client_key TEXT NOT NULL, scopes TEXT NOT NULL, address TEXT NOT NULL, expires BIGINT NOT NULL, state TEXT NOT
        NULL, user_id TEXT, credential TEXT NOT NULL, signed_in BIGINT, mfa_time BIGINT, UNIQUE (account_id, code))""",
    """CREATE TABLE scim_tokens (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL,
        UNIQUE (account_id, id))""",
    """CREATE TABLE identity_sources (
        {position}, account_id TEXT NOT NULL, metadata TEXT NOT NULL, created BIGINT NOT NULL, UNIQUE (account_id))""",
    "ALTER TABLE events ADD COLUMN length INTEGER NOT NULL DEFAULT 1",
)
