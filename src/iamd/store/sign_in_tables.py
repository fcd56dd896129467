"""The tables of how people sign in: passwords and the rules for them, MFA devices, sessions."""

from __future__ import annotations

from iamd.store.columns import blob, flag, large, number, optional, optional_time, records, text, time

login_profiles = records(
    "login_profiles",
    "user_id",
    text("user_id"),
    time("created"),
    text("password"),
    time("changed"),
    flag("reset_required"),
    text("history"),
    number("failures"),
    optional_time("locked_until"),
)
sign_in_sessions = records(
    "sign_in_sessions",
    "id",
    *map(text, ("id", "owner_id", "client_id", "thumbprint", "credential")),
    time("started"),
    time("expires"),
    time("rotated"),
    number("generation"),
    optional_time("mfa_time"),
    text("proofs"),
)
console_sessions = records(
    "console_sessions",
    "id",
    *map(text, ("id", "owner_id", "credential", "access_key_id")),
    time("started"),
    time("expires"),
    optional_time("mfa_time"),
    *map(text, ("agent", "address")),
    optional("sealed"),
)
password_policies = records(
    "password_policies",
    "account_id",
    number("minimum_length"),
    *(flag(name) for name in ("symbols", "numbers", "uppercase", "lowercase", "users_may_change")),
    number("max_age"),
    number("reuse_prevention"),
    flag("hard_expiry"),
)
mfa_devices = records(
    "mfa_devices",
    "key",
    *(text("key"), text("name"), text("path")),
    blob("sealed_seed"),
    time("created"),
    text("tags"),
    optional("owner_id"),
    optional_time("enabled"),
    *(number(name) for name in ("drift", "last_step", "used")),
)
passkeys = records(
    "passkeys",
    "id",
    *(text("id"), text("owner_id"), text("serial_number"), text("host")),
    blob("public_key"),
    large("sign_count"),
    text("transports"),
    time("enabled"),
    large("challenged"),
)
