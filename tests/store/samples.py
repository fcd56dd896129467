"""Records of every kind, events, and small helpers for the store's tests."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from iamd.store import Change, Records, Store
from iamd.store.image import KINDS
from iamd.store.interface import Group
from iamd.store.kinds.access_analyzer import AccessFinding, AccessPreview, Analyzer, PolicyGeneration
from iamd.store.kinds.access_portal import (
    DeviceAuthorization,
    IdentitySource,
    PortalDevice,
    PortalPassword,
    PortalSession,
    ScimToken,
)
from iamd.store.kinds.account_details import AlternateContact, ContactInformation, EmailUpdate, OptedRegion
from iamd.store.kinds.credentials import (
    CredentialReport,
    ServerCertificate,
    ServiceCredential,
    SigningCertificate,
    SshPublicKey,
)
from iamd.store.kinds.delegation import DelegationClaim, DelegationRequest
from iamd.store.kinds.event_data_stores import EventDataStore, EventQuery
from iamd.store.kinds.federation import (
    ConsoleSignIn,
    OidcProvider,
    OutboundFederation,
    OutboundKey,
    SamlKey,
    SamlProvider,
)
from iamd.store.kinds.handshakes import Handshake, ReceivedHandshake, ResponsibilityTransfer
from iamd.store.kinds.identity_applications import Application, ApplicationAssignment, TrustedTokenIssuer
from iamd.store.kinds.identity_center import (
    AccountAssignment,
    IdentityCenter,
    PermissionSet,
    ProvisionedSet,
    ProvisioningRequest,
)
from iamd.store.kinds.identity_store import StoreGroup, StoreMembership, StoreUser
from iamd.store.kinds.managed_roles import AccountProperty, RoleDeletion, RoleSource
from iamd.store.kinds.organizations import (
    AccountCreation,
    DelegatedAdministrator,
    Member,
    Organization,
    OrganizationPolicy,
    PolicyAttachment,
    ResourcePolicy,
    ServiceAccess,
    Unit,
)
from iamd.store.kinds.reports import AccessReport
from iamd.store.kinds.roles_anywhere import AnywhereProfile, CertificateSubject, RevocationList, TrustAnchor
from iamd.store.kinds.sign_in import ConsoleSession, LoginProfile, MfaDevice, Passkey, PasswordPolicy, SignInSession
from iamd.store.kinds.trails import DigestChain, DigestKey, Trail, TrailDelivery
from iamd.store.records import (
    AccessKey,
    Account,
    Attachment,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Role,
    User,
)
from iamd.store.records import (
    Group as IamGroup,
)

ACCOUNT = "123456789012"
OTHER = "210987654321"
NOW = datetime(2026, 11, 21, 12, 30, 15, 678901, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)

Opener = Callable[[], Store]
Query = Callable[[str], list[tuple[Any, ...]]]

# A record of every kind, and what is changed in it.
SAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "accounts": (
        Account(OTHER, NOW, "Other", "a@example.com", "other", "$argon2id$"),
        {"alias": None, "name": "Übrig", "global_token_version": 2, "organization": ACCOUNT, "closed": LATER},
    ),
    "users": (
        User(ACCOUNT, "AIDA1", "Ünal", "/a/", NOW, "arn:aws:iam::aws:policy/X", (("k", "v"), ("ключ", "")), LATER),
        {"name": "renamed", "path": "/", "boundary": None, "tags": (), "password_last_used": None},
    ),
    "groups": (IamGroup(ACCOUNT, "AGPA1", "Admins", "/", NOW), {"name": "Operators"}),
    "roles": (
        Role(ACCOUNT, "AROA1", "Deploy", "/", NOW, "{}", (("arn:aws:iam::1:user/a", "AIDA1"),), "why", 7200, None, ()),
        {"description": None, "trusted": (), "tags": (("a", '"\\\n'),)},
    ),
    "policies": (
        ManagedPolicy(ACCOUNT, "ANPA1", "Read", "/", NOW, NOW, 1, 1, None, ()),
        {"default_version": 2, "last_version": 2, "updated": LATER},
    ),
    "policy_versions": (PolicyVersion(ACCOUNT, "ANPA1", 1, '{"Version": "2012-10-17"}', NOW), {"document": "{}"}),
    "inline_policies": (InlinePolicy(ACCOUNT, "AIDA1", "Inline", "{}"), {"document": '{"a": "ß"}', "name": "INLINE"}),
    "attachments": (Attachment(ACCOUNT, "AIDA1", "arn:aws:iam::aws:policy/ReadOnlyAccess", NOW), {"attached": LATER}),
    "memberships": (Membership(ACCOUNT, "AGPA1", "AIDA1", NOW), {"joined": LATER}),
    "access_keys": (AccessKey(ACCOUNT, "AKIA1", "AIDA1", b"\x00\xffsealed", NOW), {"active": False}),
    "instance_profiles": (InstanceProfile(ACCOUNT, "AIPA1", "Web", "/", NOW, "AROA1"), {"role_id": None}),
    "ssh_public_keys": (SshPublicKey(ACCOUNT, "APKA1", "AIDA1", "ssh-rsa AAAA", NOW), {"active": False}),
    "signing_certificates": (SigningCertificate(ACCOUNT, "3WMA", "AIDA1", "-----BEGIN", NOW), {"active": False}),
    "server_certificates": (
        ServerCertificate(ACCOUNT, "ASCA1", "Web", "/", NOW, LATER, "-----BEGIN", None, b"\x00sealed", (("a", "b"),)),
        {"name": "web2", "path": "/new/", "tags": ()},
    ),
    "service_credentials": (
        ServiceCredential(ACCOUNT, "ACCA1", "AIDA1", "codecommit.amazonaws.com", "Ann-at-1", NOW, b"\x01sealed", LATER),
        {"sealed_secret": b"\x02", "active": False},
    ),
    "credential_reports": (CredentialReport(ACCOUNT, NOW, b"\x78\xff"), {"generated": LATER, "content": b""}),
    "login_profiles": (
        LoginProfile(ACCOUNT, "AIDA1", NOW, "$argon2id$1", NOW),
        {
            "password": "$argon2id$2",
            "changed": LATER,
            "reset_required": True,
            "history": ("$argon2id$1",),
            "locked_until": NOW,
        },
    ),
    "password_policies": (PasswordPolicy(ACCOUNT), {"minimum_length": 14, "symbols": True, "max_age": 90}),
    "mfa_devices": (
        MfaDevice(ACCOUNT, "Ann", "/a/", b"\x00sealed", NOW, (("a", "b"),)),
        {"owner_id": "AIDA1", "enabled": LATER, "drift": -3, "last_step": 2_147_483_647, "used": 31},
    ),
    "passkeys": (
        Passkey(ACCOUNT, "YQ", "AIDA1", "arn:key-1", "id.example", b"\x00cose", 4_294_967_295, ("usb",), NOW),
        {"sign_count": 0, "transports": (), "challenged": 1_790_000_000_000_000_001},
    ),
    "oidc_providers": (
        OidcProvider(ACCOUNT, "gitlab.com/Über", NOW, ("a", "b,c"), ("c" * 40,), (("k", "v"),)),
        {"client_ids": (), "thumbprints": ("d" * 40, "d" * 40), "tags": ()},
    ),
    "saml_providers": (
        SamlProvider(ACCOUNT, "SAMLSP1", "Okta", NOW, "<EntityDescriptor/>", LATER, True, (("a", "b"),)),
        {"metadata": "<a>ß</a>", "valid_until": NOW, "encrypted": False, "tags": ()},
    ),
    "console_sign_ins": (
        ConsoleSignIn(ACCOUNT, "gitlab.com/Über", "a", "sealed", "GitLab", ("arn:r",), ("email",), "email"),
        {"sealed_secret": None, "roles": ("arn:r", "arn:ß"), "scopes": (), "name_claim": "sub"},
    ),
    "saml_keys": (SamlKey(ACCOUNT, "SAMLPK1", "SAMLSP1", NOW, b"\x00sealed"), {"sealed": b"\xff"}),
    "outbound_federation": (OutboundFederation(ACCOUNT, "4f1e", True), {"enabled": False}),
    "outbound_keys": (OutboundKey(ACCOUNT, "RSA_0", "RS256", NOW, "{}", b"\x00sealed"), {"sealed": b"\xff"}),
    "role_deletions": (RoleDeletion(ACCOUNT, "Linked", "task/1", NOW), {"task_id": "task/2", "requested": LATER}),
    "role_sources": (RoleSource(ACCOUNT, "AROA1", "arn:aws:iam::aws:role-template/a/B:1", 0, "{}"), {"given": "[]"}),
    "account_properties": (AccountProperty(ACCOUNT, "RoleManager/Enabled", "true"), {"value": "false"}),
    "access_reports": (
        AccessReport(ACCOUNT, "7f0e5a3c-0000-4000-a000-000000000001", "AIDA1", "SERVICE_LEVEL", NOW, b"x\x9c"),
        {"content": b""},
    ),
    "delegation_requests": (
        DelegationRequest(ACCOUNT, f"{ACCOUNT}-1", "flow1", "why", "arn:x", "[]", "{}", "arn:sns", 3600, NOW, NOW),
        {
            "state": "FINALIZED",
            "changed": LATER,
            "updated": LATER,
            "only_owner_sends": True,
            "owner_account": OTHER,
            "owner_arn": "arn:owner",
            "approver_arn": "arn:approver",
            "approver_id": "AIDA1",
            "notes": "ж",
            "sealed_token": b"\x00",
        },
    ),
    "trust_anchors": (
        TrustAnchor(ACCOUNT, "ta-1", "us-east-1", "Root", NOW, NOW, "-----BEGIN", True, "[]", (("a", "b"),)),
        {"bundle": "-----END", "enabled": False, "updated": LATER},
    ),
    "anywhere_profiles": (
        AnywhereProfile(ACCOUNT, "p-1", "us-east-1", "Web", NOW, NOW, "arn:u", ("arn:r", "arn:s"), None, ("arn:p",)),
        {"role_arns": (), "policy": "{}", "seconds": 900, "accepts_session_name": True, "mappings": '{"ß": []}'},
    ),
    "revocation_lists": (
        RevocationList(ACCOUNT, "crl-1", "us-east-1", "Revoked", NOW, NOW, "ta-1", b"\x00\xff"),
        {"data": b"", "enabled": False, "tags": (("k", "v"),)},
    ),
    "certificate_subjects": (
        CertificateSubject(ACCOUNT, "s-1", "us-east-1", "CN=Ünal", NOW, NOW),
        {"seen": LATER, "credentials": '[{"serialNumber": "1"}]'},
    ),
    "sign_in_sessions": (
        SignInSession(
            ACCOUNT, "ab12", "AIDAEXAMPLE", "arn:aws:signin:::devtools/same-device", "t", "c", NOW, LATER, NOW
        ),
        {"generation": 1, "rotated": LATER, "mfa_time": NOW, "proofs": ("ab", "cd")},
    ),
    "console_sessions": (
        ConsoleSession(ACCOUNT, "cd34", "AIDAEXAMPLE", "c", "ASIAEXAMPLE", NOW, LATER, None, "Firefox/140", "::1"),
        {"expires": NOW, "mfa_time": NOW, "sealed": "ef56"},
    ),
    "analyzers": (
        Analyzer(ACCOUNT, "us-east-1", "Outside", "ACCOUNT", NOW),
        {
            "rules": '{"ß": {}}',
            "analyzed": "arn:r",
            "analyzed_at": LATER,
            "tags": (("k", "v"),),
            "configuration": '{"a": 1}',
        },
    ),
    "access_findings": (
        AccessFinding(ACCOUNT, "f-1", "us-east-1/Outside", "arn:r", "{}", "ACTIVE", NOW, NOW, NOW),
        {
            "status": "RESOLVED",
            "updated": LATER,
            "analyzed": LATER,
            "recommended": LATER,
            "type": "UnusedIAMRole",
            "resource_type": "AWS::IAM::User",
        },
    ),
    "access_previews": (
        AccessPreview(ACCOUNT, "p-1", "us-east-1/Outside", NOW, "{}", "[]"),
        {"status": "FAILED", "findings": '["ß"]'},
    ),
    "policy_generations": (
        PolicyGeneration(ACCOUNT, "g-1", "arn:r", NOW, LATER, "{}"),
        {"done": '["ß"]', "failure": "SERVICE_ERROR\nß"},
    ),
    "delegation_claims": (DelegationClaim(ACCOUNT, f"{OTHER}-1"), {}),
    "organizations": (
        Organization(ACCOUNT, "o-a1b2c3d4e5", "r-ab12", NOW, "ALL", ("TAG_POLICY",), (("a", "b"),), ("RootSessions",)),
        {"feature_set": "CONSOLIDATED_BILLING", "policy_types": (), "root_tags": ()},
    ),
    "organizational_units": (
        Unit(ACCOUNT, "ou-ab12-cd34ef56", "o-a1b2c3d4e5", "r-ab12", "Ünit", NOW, (("a", "b"),)),
        {"name": "renamed", "tags": ()},
    ),
    "member_accounts": (
        Member(ACCOUNT, OTHER, "o-a1b2c3d4e5", "r-ab12", "Öther", "a@example.com", NOW, "CREATED"),
        {"parent_id": "ou-ab12-cd34ef56", "closed": LATER, "tags": (("a", "b"),)},
    ),
    "organization_policies": (
        OrganizationPolicy(ACCOUNT, "p-1234567890", "o-a1b2c3d4e5", "TAG_POLICY", "tags", "", "{}", NOW),
        {"name": "ß", "description": "why", "content": "{}", "tags": (("a", "b"),), "updated": LATER},
    ),
    "policy_attachments": (PolicyAttachment(ACCOUNT, "p-1234567890", "r-ab12", NOW), {"attached": LATER}),
    "organization_resource_policies": (
        ResourcePolicy(ACCOUNT, "rp-12345678", "o-1234567890", "{}"),
        {"content": '{"Ö":1}', "tags": (("k", "v"),)},
    ),
    "account_creations": (
        AccountCreation(ACCOUNT, "car-1234567890", "Öther", "IN_PROGRESS", NOW),
        {"state": "FAILED", "completed": LATER, "created_id": OTHER, "failure": "EMAIL_ALREADY_EXISTS"},
    ),
    "service_access": (ServiceAccess(ACCOUNT, "iam.amazonaws.com", NOW), {"enabled": LATER}),
    "trails": (
        Trail(ACCOUNT, "us-east-1", "main", NOW, "bucket", "pre/fix", True, True, True, "{}", ("1-2",), NOW),
        {"prefix": None, "spans": ("1-2", "7-"), "stopped": LATER, "tags": (("a", "b"),), "validated": False},
    ),
    "trail_deliveries": (
        TrailDelivery(ACCOUNT, "us-east-1/main", 1 << 40),
        {"delivered": NOW, "failed": LATER, "failure": "ß", "digested": NOW, "planned": "{}"},
    ),
    "digest_chains": (
        DigestChain(ACCOUNT, "us-east-1/main", "us-west-2", NOW, ("{}",), ""),
        {"since": LATER, "files": (), "previous": "{}", "pending": "[]"},
    ),
    "digest_keys": (DigestKey(ACCOUNT, "ab12", NOW, LATER, b"\x30", b"\x00sealed"), {"sealed": b"\xff"}),
    "event_data_stores": (
        EventDataStore(ACCOUNT, "7f0e5a3c", "us-east-1", "all", NOW, NOW, 366, taken=("{}",), tags=(("a", "b"),)),
        {"name": "renamed", "taken": ('{"first": 1}',), "selectors": "[1]", "protected": False, "deleted": LATER},
    ),
    "event_queries": (
        EventQuery(ACCOUNT, "0a1b", ("7f0e5a3c",), "SELECT 1", NOW),
        {
            "status": "FAILED",
            "ended": LATER,
            "failure": "ß",
            "rows": 1,
            "scanned": 2,
            "bytes": 3,
            "milliseconds": 4,
            "delivery_uri": "s3://b/ß",
            "delivery_status": "PENDING",
        },
    ),
    "delegated_administrators": (
        DelegatedAdministrator(ACCOUNT, OTHER, "iam.amazonaws.com", NOW),
        {"enabled": LATER},
    ),
    "handshakes": (
        Handshake(ACCOUNT, "h-12345678", "o-1234567890", "INVITE", OTHER, "EMAIL", "a@b.c", "OPEN", NOW, LATER),
        {"state": "ACCEPTED", "ended": LATER, "notes": "Ö", "parent_id": "h-87654321", "tags": (("k", "v"),)},
    ),
    "received_handshakes": (ReceivedHandshake(ACCOUNT, "h-12345678", OTHER), {"sender_id": ACCOUNT}),
    "contact_information": (ContactInformation(ACCOUNT, '{"FullName": "Änn"}'), {"details": "{}"}),
    "alternate_contacts": (
        AlternateContact(ACCOUNT, "BILLING", "Ünal", "Boss", "a@example.com", "+1"),
        {"name": "Bob", "phone": "+2"},
    ),
    "email_updates": (EmailUpdate(ACCOUNT, "a@example.com", NOW, b"\x00\xff"), {"accepted": LATER}),
    "opted_regions": (OptedRegion(ACCOUNT, "af-south-1"), {}),
    "responsibility_transfers": (
        ResponsibilityTransfer(ACCOUNT, "rt-12345678", "BILLING", OTHER, "o-1234567890", "Öther", "h-1", NOW),
        {"name": "renamed", "ends": LATER},
    ),
    "identity_centers": (
        IdentityCenter(ACCOUNT, "ssoins-0123456789abcdef", "d-0123456789", "us-east-1", NOW),
        {
            "name": "Übrig",
            "permission_sets": False,
            "attributes": "{}",
            "more_regions": (("eu-west-1", "2026-11-21"),),
            "tags": (("a", "b"),),
        },
    ),
    "permission_sets": (
        PermissionSet(ACCOUNT, "ps-0123456789abcdef", "ssoins-0123456789abcdef", "Admin", NOW),
        {
            "description": "why",
            "session": "PT8H",
            "relay_state": "https://example.com",
            "managed": ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
            "customer_managed": (("/a/", "own"),),
            "inline": "{}",
            "boundary": "/a/own",
            "revision": 2,
            "tags": (("a", "b"),),
        },
    ),
    "provisioned_sets": (
        ProvisionedSet(ACCOUNT, "ps-0123456789abcdef", OTHER, "AWSReservedSSO_Admin_0123456789abcdef", 1, NOW),
        {"revision": 2, "provisioned": LATER},
    ),
    "account_assignments": (
        AccountAssignment(ACCOUNT, "ps-0123456789abcdef", OTHER, "USER", "0123456789-7f0e5a3c", NOW),
        {"created": LATER},
    ),
    "provisioning_requests": (
        ProvisioningRequest(ACCOUNT, "7f0e5a3c", "CREATE", "ps-0123456789abcdef", NOW),
        {"status": "FAILED", "failure": "ß", "target_id": OTHER, "principal_type": "USER", "principal_id": "1"},
    ),
    "applications": (
        Application(ACCOUNT, "apl-0123456789abcdef", "ssoins-1", OTHER, "arn:p", "Wïki", NOW, "us-east-1"),
        {
            "description": "why",
            "enabled": False,
            "portal": '{"a":"ß"}',
            "assignment_required": False,
            "background_sessions": True,
            "grants": '{"b":1}',
            "scopes": '{"c":1}',
            "actor_policy": "{}",
            "client_token": "t",
            "tags": (("a", "b"),),
        },
    ),
    "application_assignments": (
        ApplicationAssignment(ACCOUNT, "apl-0123456789abcdef", "USER", "0123456789-7f0e5a3c"),
        {},
    ),
    "trusted_token_issuers": (
        TrustedTokenIssuer(ACCOUNT, "tti-7f0e5a3c", "ssoins-1", OTHER, "Idp", "https://i", "sub", "userName"),
        {"name": "other", "issuer_url": "https://j", "client_token": "t", "tags": (("a", "b"),)},
    ),
    "store_users": (
        StoreUser(ACCOUNT, "0123456789-7f0e5a3c", "Ünal", NOW, NOW, "a", "b", "Ann@example.com"),
        {"name": "renamed", "email": None, "attributes": "[]", "external_ids": (("i", "1"),), "enabled": False},
    ),
    "store_groups": (
        StoreGroup(ACCOUNT, "0123456789-7f0e5a3d", "Ädmins", NOW, NOW, "a", "b"),
        {"name": "renamed", "description": "why", "external_ids": (("i", "1"),), "revision": 2, "updated": LATER},
    ),
    "store_memberships": (
        StoreMembership(ACCOUNT, "0123456789-7f0e5a3e", "0123456789-7f0e5a3d", "0123456789-7f0e5a3c", NOW, "a"),
        {"created": LATER},
    ),
    "portal_passwords": (
        PortalPassword(ACCOUNT, "0123456789-7f0e5a3c", "hash", NOW),
        {"password": "other", "is_one_time": True, "history": ("hash",), "failures": 2, "locked_until": LATER},
    ),
    "portal_devices": (
        PortalDevice(ACCOUNT, "7f0e5a3f", "0123456789-7f0e5a3c", "Ünal's", b"\x00\xff", NOW),
        {"drift": -1, "last_step": 7, "used": 3},
    ),
    "portal_sessions": (
        PortalSession(ACCOUNT, "7f0e", "0123456789-7f0e5a3c", "hash", NOW, LATER, NOW, "ägent", "::1"),
        {"client": "ß", "client_key": "k", "scopes": ("a", "b"), "generation": 1, "rotated": LATER, "mfa_time": None},
    ),
    "device_authorizations": (
        DeviceAuthorization(ACCOUNT, "BCDFGHJK", "digest", "ß", "k", ("a",), "::1", LATER),
        {"state": "allowed", "user_id": "1", "credential": "hash", "signed_in": NOW, "mfa_time": NOW},
    ),
    "identity_sources": (IdentitySource(ACCOUNT, "<ä/>", NOW), {"metadata": "<b/>", "created": LATER}),
    "scim_tokens": (ScimToken(ACCOUNT, "7f0e5a40", NOW, LATER), {"expires": NOW}),
}


@dataclass
class SampleEvent:
    """An audit event that says no more than its id."""

    event_id: str
    account_id: str = ACCOUNT
    time: datetime = NOW

    def encode(self) -> bytes:
        return b'{"eventID": "%s"}' % self.event_id.encode()


def user(number: int, name: str | None = None) -> User:
    return User(ACCOUNT, f"AIDA{number:017}", name or f"user{number}", "/", NOW)


def new_account(account_id: str = ACCOUNT) -> Callable[[Change], None]:
    def work(change: Change) -> None:
        change.create(account_id).accounts.add(Account(account_id, NOW))

    return work


def add_user(number: int, name: str | None = None) -> Callable[[Change], User]:
    def work(change: Change) -> User:
        added: User = change.records(ACCOUNT).users.add(user(number, name))
        return added

    return work


def contents(records: Records) -> dict[str, list[Any]]:
    """Everything in an image, in the order of listings."""
    return {kind.name: list(records.collection(kind.name)) for kind in KINDS}


def indexed(records: Records) -> dict[str, Any]:
    """Everything that the indexes and names of an image say."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        collection = records.collection(kind.name)
        for record in collection:
            if kind.unique_name:
                found[kind.name, kind.unique_name(record)] = collection.named(kind.unique_name(record).swapcase())
            for index, value_of in kind.indexes.items():
                value = value_of(record)
                if value is not None:
                    found[kind.name, index, value] = list(collection.where(index, value))
    return found


def on_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an asynchronous test on a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def main() -> None:
            await test(*args, **kwargs)

        asyncio.run(main())

    return run


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Store]:
    await store.start()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def prepared(opener: Opener) -> AsyncIterator[Store]:
    """A store with one account."""
    async with running(opener()) as store:
        await store.write(new_account())
        yield store


async def until(happens: Callable[[], object]) -> None:
    while not happens():
        await asyncio.sleep(0.01)


async def same_after_reopening(store: Store, opener: Opener, account_id: str = ACCOUNT) -> None:
    """What is in memory is what a fresh load gives: records, their order, names, indexes and revision."""
    held = await store.load(account_id)
    async with running(opener()) as fresh:
        loaded = await fresh.load(account_id)
        assert contents(loaded) == contents(held)
        assert indexed(loaded) == indexed(held)
        assert loaded.revision == held.revision


class Gate:
    """Holds a store's commits until it is opened, or makes them fail; with `behind`, their answers once they are done."""

    def __init__(self, store: Store, behind: bool = False) -> None:
        self._behind = behind
        self._commit = store._database.commit
        store._database.commit = self.commit  # type: ignore[method-assign]
        self.groups: list[Group] = []
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.failure: Exception | None = None

    async def commit(self, group: Group) -> None:
        self.groups.append(group)
        if self._behind:
            await self._commit(group)
        self.reached.set()
        await self.opened.wait()
        if self.failure is not None:
            raise self.failure
        if not self._behind:
            await self._commit(group)
