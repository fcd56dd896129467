"""The tables of the access portal of Identity Center: how its people sign in, and their sessions."""

from __future__ import annotations

from iamd.store.columns import blob, flag, number, optional, optional_time, records, text, time

portal_passwords = records(
    "portal_passwords",
    "user_id",
    *map(text, ("user_id", "password")),
    time("changed"),
    flag("is_one_time"),
    text("history"),
    number("failures"),
    optional_time("locked_until"),
)
portal_devices = records(
    "portal_devices",
    "id",
    *map(text, ("id", "user_id", "name")),
    blob("sealed_seed"),
    time("enabled"),
    *map(number, ("drift", "last_step", "used")),
)
portal_sessions = records(
    "portal_sessions",
    "id",
    *map(text, ("id", "user_id", "credential")),
    time("started"),
    time("expires"),
    optional_time("mfa_time"),
    *map(text, ("agent", "address", "client", "client_key", "scopes")),
    number("generation"),
    optional_time("rotated"),
)
device_authorizations = records(
    "device_authorizations",
    "code",
    *map(text, ("code", "device", "client", "client_key", "scopes", "address")),
    time("expires"),
    text("state"),
    optional("user_id"),
    text("credential"),
    optional_time("signed_in"),
    optional_time("mfa_time"),
)
scim_tokens = records("scim_tokens", "id", text("id"), time("created"), time("expires"))
identity_sources = records("identity_sources", "account_id", text("metadata"), time("created"))
