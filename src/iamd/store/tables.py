"""The tables of the store, as SQLAlchemy Core sees them.

One table per record kind, with a column per field of the record, and a few of the store's own; those of events are in
`event_tables`, those of event data stores in `record_tables`, those of people in `sign_in_tables`, those of Identity
Center in `identity_tables` and `portal_tables`. The migrations create them; a test holds that both agree.

* Every key leads with `account_id`, so that accounts can be told apart, exported and sharded.
* `position` numbers the rows of a table in the order in which they were added, which is the order of listings.
* Times are integers, microseconds since 1970 UTC: they compare and sort alike in every database.
* Tags and other small structures are JSON text.
* `name_key` is the folded name under which a name is unique regardless of case; no collation is relied on.
* There are no foreign keys: the image in memory is checked before a change is written, and whole accounts move.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.sql.schema import SchemaItem

from iamd.store.analyzer_tables import access_findings as access_findings
from iamd.store.analyzer_tables import access_previews as access_previews
from iamd.store.analyzer_tables import analyzers as analyzers
from iamd.store.analyzer_tables import policy_generations as policy_generations
from iamd.store.columns import blob as _blob
from iamd.store.columns import flag as _flag
from iamd.store.columns import metadata as metadata
from iamd.store.columns import named as _named
from iamd.store.columns import number as _number
from iamd.store.columns import optional as _optional
from iamd.store.columns import optional_time as _optional_time
from iamd.store.columns import position as _position
from iamd.store.columns import records as _records
from iamd.store.columns import text as _text
from iamd.store.columns import time as _time
from iamd.store.identity_tables import identity_centers as identity_centers
from iamd.store.portal_tables import portal_passwords as portal_passwords
from iamd.store.record_tables import event_data_stores as event_data_stores
from iamd.store.sign_in_tables import login_profiles as login_profiles


def _regional() -> tuple[SchemaItem, ...]:
    """What the resources of Roles Anywhere have in common."""
    return _text("id"), _text("region"), _text("name"), _time("created"), _time("updated")


accounts = _records(
    "accounts",
    "account_id",
    _time("created"),
    _text("name"),
    _text("email"),
    _optional("alias"),
    _optional("root_password"),
    _number("global_token_version"),
    _optional("organization"),
    _optional_time("closed"),
    UniqueConstraint("alias"),  # over all accounts
)
users = _records("users", "id", *_named(), _optional("boundary"), _text("tags"), _optional_time("password_last_used"))
groups = _records("groups", "id", *_named())
roles = _records(
    "roles",
    "id",
    *_named(),
    _text("trust"),
    _text("trusted"),
    _optional("description"),
    _number("max_session"),
    _optional("boundary"),
    _text("tags"),
)
policies = _records(
    "policies",
    "id",
    *_named(),
    _time("updated"),
    _number("default_version"),
    _number("last_version"),
    _optional("description"),
    _text("tags"),
)
policy_versions = _records(
    "policy_versions", "key", _text("key"), _text("policy_id"), _number("number"), _text("document"), _time("created")
)
inline_policies = _records("inline_policies", "key", _text("key"), _text("owner_id"), _text("name"), _text("document"))
attachments = _records("attachments", "key", _text("key"), _text("owner_id"), _text("policy_arn"), _time("attached"))
memberships = _records("memberships", "key", _text("key"), _text("group_id"), _text("user_id"), _time("joined"))
access_keys = _records(
    "access_keys", "id", _text("id"), _text("owner_id"), _blob("sealed_secret"), _time("created"), _flag("active")
)
Index("access_keys_id", access_keys.c.id)  # a request names its access key before its account is known
instance_profiles = _records("instance_profiles", "id", *_named(), _optional("role_id"), _text("tags"))
ssh_public_keys = _records(
    "ssh_public_keys", "id", _text("id"), _text("owner_id"), _text("body"), _time("uploaded"), _flag("active")
)
signing_certificates = _records(
    "signing_certificates", "id", _text("id"), _text("owner_id"), _text("body"), _time("uploaded"), _flag("active")
)
server_certificates = _records(
    "server_certificates",
    "id",
    *(_text("id"), _text("name"), _text("name_key"), _text("path")),
    _time("uploaded"),
    _time("expires"),
    _text("body"),
    _optional("chain"),
    _blob("sealed_key"),
    _text("tags"),
)
service_credentials = _records(
    "service_credentials",
    "id",
    _text("id"),
    _text("owner_id"),
    _text("service"),
    _text("login"),
    _time("created"),
    _blob("sealed_secret"),
    _optional_time("expires"),
    _flag("active"),
)
credential_reports = _records("credential_reports", "account_id", _time("generated"), _blob("content"))
oidc_providers = _records(
    "oidc_providers", "url", _text("url"), _time("created"), _text("client_ids"), _text("thumbprints"), _text("tags")
)
saml_providers = _records(
    "saml_providers",
    "id",
    *(_text("id"), _text("name"), _text("name_key")),
    _time("created"),
    _text("metadata"),
    _time("valid_until"),
    _flag("encrypted"),
    _text("tags"),
)
console_sign_ins = _records(
    "console_sign_ins", "provider", _text("provider"), _text("client_id"), _optional("sealed_secret"), _text("label"),
    _text("roles"), _text("scopes"), _text("name_claim")
)  # fmt: skip
saml_keys = _records("saml_keys", "id", _text("id"), _text("provider_id"), _time("created"), _blob("sealed"))
trust_anchors = _records(
    "trust_anchors", "id", *_regional(), _text("bundle"), _flag("enabled"), _text("notifications"), _text("tags")
)
anywhere_profiles = _records(
    "anywhere_profiles", "id", *_regional(), _text("created_by"), _text("role_arns"), _optional("policy"),
    _text("policy_arns"), _number("seconds"), _flag("accepts_session_name"), _flag("needs_instance_properties"),
    _flag("enabled"), _text("mappings"), _text("tags")
)  # fmt: skip
revocation_lists = _records(
    "revocation_lists", "id", *_regional(), _text("anchor_id"), _blob("data"), _flag("enabled"), _text("tags")
)
certificate_subjects = _records(
    "certificate_subjects", "id", _text("id"), _text("region"), _text("subject"), _time("created"), _time("seen"),
    _text("credentials"), _text("tags")
)  # fmt: skip
outbound_federation = _records("outbound_federation", "account_id", _text("issuer_id"), _flag("enabled"))
outbound_keys = _records(
    "outbound_keys", "id", _text("id"), _text("algorithm"), _time("created"), _text("public"), _blob("sealed")
)
role_deletions = _records(
    "role_deletions", "key", _text("key"), _text("role_name"), _text("task_id"), _time("requested")
)
role_sources = _records(
    "role_sources", "role_id", _text("role_id"), _text("template_arn"), _number("minor_version"), _text("given")
)
account_properties = _records("account_properties", "name", _text("name"), _text("value"))

access_reports = _records(
    "access_reports",
    "id",
    _text("id"),
    _text("owner"),
    _text("granularity"),
    _time("created"),
    _blob("content"),
)

delegation_requests = _records(
    "delegation_requests",
    "id",
    *map(_text, ("id", "workflow_id", "description", "template_arn", "parameters", "policy", "channel", "state")),
    _number("session_seconds"),
    _time("created"),
    _time("changed"),
    _flag("only_owner_sends"),
    *map(_optional, ("message", "redirect_url", "owner_account", "owner_arn", "approver_arn", "approver_id")),
    *map(_optional, ("notes", "rejection")),
    _optional_time("updated"),
    _blob("sealed_token"),
)
delegation_claims = _records("delegation_claims", "id", _text("id"))

organizations = _records(
    "organizations",
    "account_id",
    _text("id"),
    _text("root_id"),
    _time("created"),
    *map(_text, ("feature_set", "policy_types", "root_tags", "root_features")),
)
organizational_units = _records(
    "organizational_units",
    "id",
    *map(_text, ("id", "organization_id", "parent_id", "name")),
    _time("created"),
    _text("tags"),
)
member_accounts = _records(
    "member_accounts",
    "id",
    *map(_text, ("id", "organization_id", "parent_id", "name", "email")),
    _time("joined"),
    _text("method"),
    _optional_time("closed"),
    _text("tags"),
)
organization_policies = _records(
    "organization_policies",
    "id",
    *map(_text, ("id", "organization_id", "type", "name", "description", "content")),
    _time("created"),
    _text("tags"),
    _optional_time("updated"),
)
policy_attachments = _records(
    "policy_attachments", "key", *map(_text, ("key", "policy_id", "target_id")), _time("attached")
)
organization_resource_policies = _records(
    "organization_resource_policies", "id", *map(_text, ("id", "organization_id", "content", "tags"))
)
account_creations = _records(
    "account_creations",
    "id",
    *map(_text, ("id", "name", "state")),
    _time("requested"),
    _optional_time("completed"),
    _optional("created_id"),
    _optional("failure"),
)
service_access = _records("service_access", "service", _text("service"), _time("enabled"))
delegated_administrators = _records(
    "delegated_administrators", "key", *map(_text, ("key", "delegate_id", "service")), _time("enabled")
)
handshakes = _records(
    "handshakes",
    "id",
    *map(_text, ("id", "organization_id", "action", "recipient_id", "target_type", "target", "state")),
    *map(_time, ("requested", "expires")),
    _optional_time("ended"),
    *map(_optional, ("notes", "parent_id")),
    _text("tags"),
)
received_handshakes = _records("received_handshakes", "id", *map(_text, ("id", "sender_id")))
contact_information = _records("contact_information", "account_id", _text("details"))
alternate_contacts = _records("alternate_contacts", "type", *map(_text, ("type", "name", "title", "email", "phone")))
email_updates = _records(
    "email_updates", "account_id", _text("email"), _time("requested"), _blob("sealed_code"), _optional_time("accepted")
)
opted_regions = _records("opted_regions", "name", _text("name"))
responsibility_transfers = _records(
    "responsibility_transfers",
    "id",
    *map(_text, ("id", "type", "source_id", "source_organization_id", "name", "handshake_id")),
    _time("start"),
    _optional_time("ends"),
)

trails = _records(
    "trails",
    "key",
    *map(_text, ("key", "region", "name")),
    _time("created"),
    _text("bucket"),
    _optional("prefix"),
    *map(_flag, ("multi_region", "global_events", "validated")),
    *map(_text, ("selectors", "spans")),
    *map(_optional_time, ("started", "stopped")),
    _text("tags"),
)
trail_deliveries = _records(
    "trail_deliveries",
    "trail",
    _text("trail"),
    Column("reached", BigInteger, nullable=False),
    *map(_optional_time, ("delivered", "failed")),
    _optional("failure"),
    _optional_time("digested"),
    _optional("planned"),
)
digest_chains = _records(
    "digest_chains",
    "key",
    *map(_text, ("key", "trail", "region")),
    _time("since"),
    *map(_text, ("files", "previous", "pending")),
)
digest_keys = _records(
    "digest_keys", "id", _text("id"), *map(_time, ("created", "expires")), _blob("public"), _blob("sealed")
)

revisions = Table(
    "revisions",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    comment="the number of each account's last committed change; outlives the account",
)
changes = Table(
    "changes",
    metadata,
    _position(),
    _text("account_id"),
    Column("revision", BigInteger, nullable=False),
    _number("seq"),
    Column("writer", BigInteger, nullable=False),
    _text("kind"),
    _text("key"),
    Column("before", LargeBinary),
    _time("time"),
    UniqueConstraint("account_id", "revision", "seq"),
    comment="change feed and history: which record each change touched, when, and as JSON the record that it replaced",
)
keyring = Table(
    "keyring",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("purpose"),
    _blob("wrapped"),
    _time("created"),
    comment="data keys wrapped by the master key, token keys sealed by a data key",
)
schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True), _time("applied"))
