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
    "ALTER TABLE accounts ADD COLUMN organization TEXT",
    "ALTER TABLE accounts ADD COLUMN closed BIGINT",
    """CREATE TABLE organizations (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, root_id TEXT NOT NULL, created BIGINT NOT NULL,
        feature_set TEXT NOT NULL, policy_types TEXT NOT NULL, root_tags TEXT NOT NULL,
        root_features TEXT NOT NULL, UNIQUE (account_id))""",
    """CREATE TABLE organizational_units (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, organization_id TEXT NOT NULL, parent_id TEXT NOT NULL,
        name TEXT NOT NULL, created BIGINT NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE member_accounts (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, organization_id TEXT NOT NULL, parent_id TEXT NOT NULL,
        name TEXT NOT NULL, email TEXT NOT NULL, joined BIGINT NOT NULL, method TEXT NOT NULL, closed BIGINT,
        tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE organization_policies (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, organization_id TEXT NOT NULL, type TEXT NOT NULL,
        name TEXT NOT NULL, description TEXT NOT NULL, content TEXT NOT NULL, created BIGINT NOT NULL,
        tags TEXT NOT NULL, updated BIGINT, UNIQUE (account_id, id))""",
    """CREATE TABLE policy_attachments (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, policy_id TEXT NOT NULL, target_id TEXT NOT NULL,
        attached BIGINT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE organization_resource_policies (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, organization_id TEXT NOT NULL, content TEXT NOT NULL,
        tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE account_creations (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
        requested BIGINT NOT NULL, completed BIGINT, created_id TEXT, failure TEXT, UNIQUE (account_id, id))""",
    """CREATE TABLE service_access (
        {position}, account_id TEXT NOT NULL, service TEXT NOT NULL, enabled BIGINT NOT NULL,
        UNIQUE (account_id, service))""",
    """CREATE TABLE delegated_administrators (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, delegate_id TEXT NOT NULL, service TEXT NOT NULL,
        enabled BIGINT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE outbound_keys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, algorithm TEXT NOT NULL, created BIGINT NOT NULL,
        public TEXT NOT NULL, sealed {blob} NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE trust_anchors (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, bundle TEXT NOT NULL, enabled BOOLEAN NOT NULL,
        notifications TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE anywhere_profiles (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, created_by TEXT NOT NULL, role_arns TEXT NOT NULL,
        policy TEXT, policy_arns TEXT NOT NULL, seconds INTEGER NOT NULL, accepts_session_name BOOLEAN NOT NULL,
        needs_instance_properties BOOLEAN NOT NULL, enabled BOOLEAN NOT NULL, mappings TEXT NOT NULL,
        tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE revocation_lists (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, anchor_id TEXT NOT NULL, data {blob} NOT NULL,
        enabled BOOLEAN NOT NULL, tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE certificate_subjects (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, region TEXT NOT NULL, subject TEXT NOT NULL,
        created BIGINT NOT NULL, seen BIGINT NOT NULL, credentials TEXT NOT NULL, tags TEXT NOT NULL,
        UNIQUE (account_id, id))""",
    "CREATE TABLE event_blocks ({position})",
    """CREATE TABLE event_postings (
        {position}, account_id TEXT NOT NULL, term TEXT NOT NULL, newest BIGINT NOT NULL, oldest BIGINT NOT NULL,
        postings {blob} NOT NULL)""",
    "CREATE INDEX event_postings_term ON event_postings (account_id, term, newest, oldest)",
    """CREATE TABLE handshakes (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, organization_id TEXT NOT NULL, action TEXT NOT NULL,
        recipient_id TEXT NOT NULL, target_type TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL,
        requested BIGINT NOT NULL, expires BIGINT NOT NULL, ended BIGINT, notes TEXT, parent_id TEXT,
        tags TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE received_handshakes (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, sender_id TEXT NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE contact_information (
        {position}, account_id TEXT NOT NULL, details TEXT NOT NULL, UNIQUE (account_id))""",
    """CREATE TABLE alternate_contacts (
        {position}, account_id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
        email TEXT NOT NULL, phone TEXT NOT NULL, UNIQUE (account_id, type))""",
    """CREATE TABLE email_updates (
        {position}, account_id TEXT NOT NULL, email TEXT NOT NULL, requested BIGINT NOT NULL,
        sealed_code {blob} NOT NULL, accepted BIGINT, UNIQUE (account_id))""",
    """CREATE TABLE opted_regions (
        {position}, account_id TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (account_id, name))""",
    """CREATE TABLE responsibility_transfers (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, source_id TEXT NOT NULL,
        source_organization_id TEXT NOT NULL, name TEXT NOT NULL, handshake_id TEXT NOT NULL, start BIGINT NOT NULL,
        ends BIGINT, UNIQUE (account_id, id))""",
    """CREATE TABLE trails (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        created BIGINT NOT NULL, bucket TEXT NOT NULL, prefix TEXT, multi_region BOOLEAN NOT NULL,
        global_events BOOLEAN NOT NULL, validated BOOLEAN NOT NULL, selectors TEXT NOT NULL, spans TEXT NOT NULL,
        started BIGINT, stopped BIGINT, tags TEXT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE trail_deliveries (
        {position}, account_id TEXT NOT NULL, trail TEXT NOT NULL, reached BIGINT NOT NULL, delivered BIGINT,
        failed BIGINT, failure TEXT, digested BIGINT, UNIQUE (account_id, trail))""",
    """CREATE TABLE digest_chains (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, trail TEXT NOT NULL, region TEXT NOT NULL,
        since BIGINT NOT NULL, files TEXT NOT NULL, previous TEXT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE digest_keys (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL,
        public {blob} NOT NULL, sealed {blob} NOT NULL, UNIQUE (account_id, id))""",
    """CREATE TABLE sign_in_sessions (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, client_id TEXT NOT NULL,
        thumbprint TEXT NOT NULL, credential TEXT NOT NULL, started BIGINT NOT NULL, expires BIGINT NOT NULL,
        rotated BIGINT NOT NULL, generation INTEGER NOT NULL, mfa_time BIGINT, UNIQUE (account_id, id))""",
    """CREATE TABLE analyzers (
        {position}, account_id TEXT NOT NULL, key TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        type TEXT NOT NULL, created BIGINT NOT NULL, rules TEXT NOT NULL, analyzed TEXT, analyzed_at BIGINT,
        tags TEXT NOT NULL, UNIQUE (account_id, key))""",
    """CREATE TABLE access_findings (
        {position}, account_id TEXT NOT NULL, id TEXT NOT NULL, analyzer TEXT NOT NULL, resource TEXT NOT NULL,
        policy_grant TEXT NOT NULL, status TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        analyzed BIGINT NOT NULL, UNIQUE (account_id, id))""",
)
