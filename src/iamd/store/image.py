"""All records of one account in memory: what every read is answered from and every decision is made on."""

from __future__ import annotations

from typing import Any

from iamd.store.collection import Collection
from iamd.store.kind import Kind, Step
from iamd.store.kinds import (
    access_analyzer,
    access_portal,
    account_details,
    credentials,
    delegation,
    event_data_stores,
    federation,
    handshakes,
    identity_applications,
    identity_center,
    identity_store,
    managed_roles,
    organizations,
    reports,
    roles_anywhere,
    sign_in,
    trails,
)
from iamd.store.records import (
    AccessKey,
    Account,
    Attachment,
    Group,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Role,
    User,
    fold,
)

ACCOUNTS = Kind("accounts", Account, lambda r: r.account_id)
USERS = Kind("users", User, lambda r: r.id, lambda r: r.name, {"boundary": lambda r: r.boundary})
GROUPS = Kind("groups", Group, lambda r: r.id, lambda r: r.name)
ROLES = Kind("roles", Role, lambda r: r.id, lambda r: r.name, {"boundary": lambda r: r.boundary})
POLICIES = Kind("policies", ManagedPolicy, lambda r: r.id, lambda r: r.name)
VERSIONS = Kind(
    "policy_versions", PolicyVersion, lambda r: f"{r.policy_id}/{r.number}", None, {"policy": lambda r: r.policy_id}
)
INLINE = Kind(
    "inline_policies", InlinePolicy, lambda r: f"{r.owner_id}/{fold(r.name)}", None, {"owner": lambda r: r.owner_id}
)
ATTACHMENTS = Kind(
    "attachments",
    Attachment,
    lambda r: f"{r.owner_id}/{r.policy_arn}",
    None,
    {"owner": lambda r: r.owner_id, "policy": lambda r: r.policy_arn},
)
MEMBERSHIPS = Kind(
    "memberships",
    Membership,
    lambda r: f"{r.group_id}/{r.user_id}",
    None,
    {"group": lambda r: r.group_id, "user": lambda r: r.user_id},
)
ACCESS_KEYS = Kind("access_keys", AccessKey, lambda r: r.id, None, {"owner": lambda r: r.owner_id})
PROFILES = Kind("instance_profiles", InstanceProfile, lambda r: r.id, lambda r: r.name, {"role": lambda r: r.role_id})

KINDS: tuple[Kind[Any], ...] = (
    ACCOUNTS,
    USERS,
    GROUPS,
    ROLES,
    POLICIES,
    VERSIONS,
    INLINE,
    ATTACHMENTS,
    MEMBERSHIPS,
    ACCESS_KEYS,
    PROFILES,
    *credentials.KINDS,
    *sign_in.KINDS,
    *federation.KINDS,
    *managed_roles.KINDS,
    *reports.KINDS,
    *delegation.KINDS,
    *organizations.KINDS,
    *handshakes.KINDS,
    *trails.KINDS,
    *account_details.KINDS,
    *roles_anywhere.KINDS,
    *access_analyzer.KINDS,
    *event_data_stores.KINDS,
    *identity_center.KINDS,
    *identity_store.KINDS,
    *identity_applications.KINDS,
    *access_portal.KINDS,
)

# Adding one of these changes no existing principal's permissions, so cached snapshots stay true.
_NEWCOMERS = frozenset({"users", "groups", "roles", "policies", "access_keys", "instance_profiles"})

# No decision is made from these, so nothing about them makes a snapshot stale.
_POWERLESS = frozenset(
    {
        *(sign_in.LOGIN_PROFILES.name, sign_in.MFA_DEVICES.name, sign_in.PASSKEYS.name),
        *(sign_in.SIGN_IN_SESSIONS.name, sign_in.CONSOLE_SESSIONS.name),
        *(kind.name for kind in (*credentials.KINDS, *federation.KINDS, *managed_roles.KINDS)),
        *(kind.name for kind in (*reports.KINDS, *delegation.KINDS, *roles_anywhere.KINDS)),
        *(kind.name for kind in (*handshakes.KINDS, *trails.KINDS, *account_details.KINDS)),
        *(kind.name for kind in (*access_analyzer.KINDS, *event_data_stores.KINDS)),
        *(kind.name for kind in (*identity_center.KINDS, *identity_store.KINDS, *access_portal.KINDS)),
        *(kind.name for kind in identity_applications.KINDS),
        *(kind.name for kind in organizations.KINDS),  # `structure` counts their changes
    }
)

# From these follows which control policies bind which account of the organization.
STRUCTURE = frozenset(
    kind.name
    for kind in (
        organizations.ORGANIZATIONS,
        organizations.UNITS,
        organizations.MEMBERS,
        organizations.ORGANIZATION_POLICIES,
        organizations.POLICY_ATTACHMENTS,
    )
)

# As measured of accounts with a thousand users; texts that may be long are counted besides.
_EMPTY_BYTES, _RECORD_BYTES = 30_000, 500
_LONG = (
    ("policy_versions", "document"),
    ("inline_policies", "document"),
    ("roles", "trust"),
    ("organization_policies", "content"),
    ("saml_providers", "metadata"),
    ("credential_reports", "content"),
    ("access_reports", "content"),
)


class Records:
    """The records of one account.

    `revision` is the account's last change that this image holds, `generation` counts the changes that may alter what
    some existing principal may do: a snapshot made at another generation is stale. `structure` counts those that may
    alter what binds the accounts of the organization which this account manages.
    """

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        self.revision = 0
        self.generation = 0
        self.structure = 0
        self.journal: list[Step] = []
        self._collections: dict[str, Collection[Any]] = {}
        self.accounts = self._collect(ACCOUNTS)
        self.users = self._collect(USERS)
        self.groups = self._collect(GROUPS)
        self.roles = self._collect(ROLES)
        self.policies = self._collect(POLICIES)
        self.versions = self._collect(VERSIONS)
        self.inline = self._collect(INLINE)
        self.attachments = self._collect(ATTACHMENTS)
        self.memberships = self._collect(MEMBERSHIPS)
        self.access_keys = self._collect(ACCESS_KEYS)
        self.profiles = self._collect(PROFILES)
        self.ssh_public_keys = self._collect(credentials.SSH_PUBLIC_KEYS)
        self.signing_certificates = self._collect(credentials.SIGNING_CERTIFICATES)
        self.server_certificates = self._collect(credentials.SERVER_CERTIFICATES)
        self.service_credentials = self._collect(credentials.SERVICE_CREDENTIALS)
        self.credential_reports = self._collect(credentials.CREDENTIAL_REPORTS)
        self._collect_sign_in()
        self._collect_federation()
        self.role_deletions = self._collect(managed_roles.ROLE_DELETIONS)
        self.role_sources = self._collect(managed_roles.ROLE_SOURCES)
        self.account_properties = self._collect(managed_roles.ACCOUNT_PROPERTIES)
        self.access_reports = self._collect(reports.ACCESS_REPORTS)
        self.delegation_requests = self._collect(delegation.DELEGATION_REQUESTS)
        self.delegation_claims = self._collect(delegation.DELEGATION_CLAIMS)
        self._collect_roles_anywhere()
        self._collect_access_analyzer()
        self._collect_organization()
        self._collect_identity_center()
        self._collect_trails()

    def _collect_access_analyzer(self) -> None:
        self.analyzers = self._collect(access_analyzer.ANALYZERS)
        self.access_findings = self._collect(access_analyzer.ACCESS_FINDINGS)
        self.access_previews = self._collect(access_analyzer.ACCESS_PREVIEWS)
        self.policy_generations = self._collect(access_analyzer.POLICY_GENERATIONS)

    def _collect_sign_in(self) -> None:
        self.login_profiles = self._collect(sign_in.LOGIN_PROFILES)
        self.password_policies = self._collect(sign_in.PASSWORD_POLICIES)
        self.mfa_devices = self._collect(sign_in.MFA_DEVICES)
        self.passkeys = self._collect(sign_in.PASSKEYS)
        self.sign_in_sessions = self._collect(sign_in.SIGN_IN_SESSIONS)
        self.console_sessions = self._collect(sign_in.CONSOLE_SESSIONS)

    def _collect_federation(self) -> None:
        self.oidc_providers = self._collect(federation.OIDC_PROVIDERS)
        self.saml_providers = self._collect(federation.SAML_PROVIDERS)
        self.saml_keys = self._collect(federation.SAML_KEYS)
        self.console_sign_ins = self._collect(federation.CONSOLE_SIGN_INS)
        self.outbound_federation = self._collect(federation.OUTBOUND_FEDERATION)
        self.outbound_keys = self._collect(federation.OUTBOUND_KEYS)

    def _collect_organization(self) -> None:
        self.organizations = self._collect(organizations.ORGANIZATIONS)
        self.units = self._collect(organizations.UNITS)
        self.members = self._collect(organizations.MEMBERS)
        self.organization_policies = self._collect(organizations.ORGANIZATION_POLICIES)
        self.policy_attachments = self._collect(organizations.POLICY_ATTACHMENTS)
        self.resource_policies = self._collect(organizations.RESOURCE_POLICIES)
        self.account_creations = self._collect(organizations.ACCOUNT_CREATIONS)
        self.service_access = self._collect(organizations.SERVICE_ACCESS)
        self.delegated_administrators = self._collect(organizations.DELEGATED_ADMINISTRATORS)
        self.handshakes = self._collect(handshakes.HANDSHAKES)
        self.received_handshakes = self._collect(handshakes.RECEIVED_HANDSHAKES)
        self.responsibility_transfers = self._collect(handshakes.RESPONSIBILITY_TRANSFERS)
        self.contact_information = self._collect(account_details.CONTACT_INFORMATION)
        self.alternate_contacts = self._collect(account_details.ALTERNATE_CONTACTS)
        self.email_updates = self._collect(account_details.EMAIL_UPDATES)
        self.opted_regions = self._collect(account_details.OPTED_REGIONS)

    def _collect_identity_center(self) -> None:
        self.identity_centers = self._collect(identity_center.IDENTITY_CENTERS)
        self.permission_sets = self._collect(identity_center.PERMISSION_SETS)
        self.provisioned_sets = self._collect(identity_center.PROVISIONED_SETS)
        self.account_assignments = self._collect(identity_center.ACCOUNT_ASSIGNMENTS)
        self.provisioning_requests = self._collect(identity_center.PROVISIONING_REQUESTS)
        self.store_users = self._collect(identity_store.STORE_USERS)
        self.store_groups = self._collect(identity_store.STORE_GROUPS)
        self.store_memberships = self._collect(identity_store.STORE_MEMBERSHIPS)
        self.applications = self._collect(identity_applications.APPLICATIONS)
        self.application_assignments = self._collect(identity_applications.APPLICATION_ASSIGNMENTS)
        self.trusted_token_issuers = self._collect(identity_applications.TRUSTED_TOKEN_ISSUERS)
        self.portal_passwords = self._collect(access_portal.PORTAL_PASSWORDS)
        self.portal_devices = self._collect(access_portal.PORTAL_DEVICES)
        self.portal_sessions = self._collect(access_portal.PORTAL_SESSIONS)
        self.device_authorizations = self._collect(access_portal.DEVICE_AUTHORIZATIONS)
        self.scim_tokens = self._collect(access_portal.SCIM_TOKENS)
        self.identity_sources = self._collect(access_portal.IDENTITY_SOURCES)

    def _collect_roles_anywhere(self) -> None:
        self.trust_anchors = self._collect(roles_anywhere.TRUST_ANCHORS)
        self.anywhere_profiles = self._collect(roles_anywhere.ANYWHERE_PROFILES)
        self.revocation_lists = self._collect(roles_anywhere.REVOCATION_LISTS)
        self.certificate_subjects = self._collect(roles_anywhere.CERTIFICATE_SUBJECTS)

    def _collect_trails(self) -> None:
        self.trails = self._collect(trails.TRAILS)
        self.trail_deliveries = self._collect(trails.TRAIL_DELIVERIES)
        self.digest_chains = self._collect(trails.DIGEST_CHAINS)
        self.digest_keys = self._collect(trails.DIGEST_KEYS)
        self.event_data_stores = self._collect(event_data_stores.EVENT_DATA_STORES)
        self.event_queries = self._collect(event_data_stores.EVENT_QUERIES)

    def _collect(self, kind: Kind[Any]) -> Collection[Any]:
        return self._collections.setdefault(kind.name, Collection(kind, self.account_id, self.journal))

    def collection(self, name: str) -> Collection[Any]:
        """The collection of that kind's name; KeyError for an unknown kind."""
        return self._collections[name]

    def size(self) -> int:
        """How many records there are. (No `__len__`: an image would be slow to ask for its truth, and false when empty.)"""
        return sum(len(collection) for collection in self._collections.values())

    def weight(self) -> int:
        """How many bytes it takes in memory, about, with what is kept beside the records (names, indexes, last uses)."""
        texts = sum(len(getattr(record, name)) for kind, name in _LONG for record in self._collections[kind])
        return _EMPTY_BYTES + self.size() * _RECORD_BYTES + texts

    @property
    def account(self) -> Account:
        account: Account | None = self.accounts.get(self.account_id)
        if account is None:
            raise KeyError(self.account_id)
        return account

    def take_journal(self) -> list[Step]:
        """The steps since the last call; the caller writes them to the database."""
        steps = self.journal.copy()
        self.journal.clear()
        self._count(steps)
        return steps

    def undo(self) -> None:
        """Take back every step since `take_journal`, last first."""
        for step in reversed(self.journal):
            step.collection.apply(step.key, step.after, step.before)
        self.journal.clear()
        self.renew()

    def renew(self) -> None:
        """Note that anything may have changed."""
        self.generation += 1
        self.structure += 1

    def changed(self, kind: str, added: bool) -> None:
        """Note a change that another process made."""
        if kind not in _POWERLESS and not (added and kind in _NEWCOMERS):
            self.generation += 1
        if kind in STRUCTURE:
            self.structure += 1

    def _count(self, steps: list[Step]) -> None:
        for step in steps:
            self.changed(step.collection.kind.name, added=step.before is None)
