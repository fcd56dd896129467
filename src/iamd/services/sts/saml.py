"""AssumeRoleWithSAML: credentials of a role for whom a SAML provider of its account vouches."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.saml.assertion import Assertion
from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Expired, Refusal, Rejected
from iamd.guard.context import Context
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Realm, Reply
from iamd.services.iam.reserved import ROLE_NAME
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.assumption import account_of_role, check_duration
from iamd.services.sts.saml_claims import (
    LATER,
    claim_keys,
    disclosed,
    longest_session,
    may_ask_for,
    name_qualifier,
    session_name,
    source_identity,
    tags,
)
from iamd.services.sts.vouched import VouchedRole, also_trusted, open_session, role_for
from iamd.store.image import Records
from iamd.store.kinds.federation import SamlProvider
from iamd.store.records import PARTITION
from iamd.wire.errors import (
    AccessDenied,
    ExpiredTokenException,
    IDPRejectedClaim,
    InvalidIdentityToken,
    ValidationError,
)

_PROVIDER = re.compile(
    rf"arn:{PARTITION}:iam::(?P<account>[0-9]{{12}}):saml-provider/(?P<name>[\w._-]{{1,128}})", re.ASCII
)
_NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithSAML"
# A response may be large, and anybody may send one: two are read at a time, beside the event loop.
_threads = ThreadPoolExecutor(2, thread_name_prefix="iamd-saml")


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider's response says, its signature and times verified. `extras` are further condition keys of the
    session."""

    provider: SamlProvider
    told: Assertion
    extras: Mapping[str, str] = field(default_factory=dict)


async def saml_user(realm: Realm, now: datetime, *, role_arn: str, principal_arn: str, saml_assertion: str) -> Admitted:
    """Whom the response names, if the provider signed it.

    Raises ValidationError, InvalidIdentityToken, ExpiredTokenException and IDPRejectedClaim.
    """
    account_id = account_of_role(role_arn)
    if not role_arn.startswith(f"arn:{PARTITION}:iam::{account_id}:role/"):
        raise ValidationError("Request ARN is invalid")
    records, provider = await _provider(realm, principal_arn)
    if provider.account_id != account_id:
        raise AccessDenied(_NOT_AUTHORIZED)  # an account trusts its own ones only
    keys = tuple(
        realm.sealer.open(key.sealed, key.id.encode()) for key in records.saml_keys.where("provider", provider.id)
    )
    expected = Provider(provider.id, provider.metadata, keys, provider.encrypted, realm.sign_in_urls)
    told = await read_apart(saml_assertion, expected, now)
    qualifier = name_qualifier(told.issuer, provider)
    caller = Caller(
        CallerKind.SAML,
        account_id,
        id=provider.arn,
        name=told.subject,
        arn=provider.arn,
        principal_arn=provider.arn,
        user_id=f"{qualifier}:{told.subject}",
        access_key_id="",
        identity_provider=qualifier,
    )
    return Admitted(caller, Vouched(provider, told), disclosed(told))


async def _provider(realm: Realm, arn: str) -> tuple[Records, SamlProvider]:
    """The provider of that ARN, with its account's records."""
    named = _PROVIDER.fullmatch(arn)
    if named is None:
        raise ValidationError("Principal ARN is invalid")
    if realm.store.has_account(named["account"]):
        records = await realm.store.load(named["account"])
        provider = records.saml_providers.named(named["name"])
        if provider is not None and provider.arn == arn:
            return records, provider
    raise InvalidIdentityToken("Specified provider doesn't exist")


async def read_apart(encoded: str, provider: Provider, now: datetime) -> Assertion:
    """What a response says, read beside the event loop. Raises InvalidIdentityToken, ExpiredTokenException and
    IDPRejectedClaim."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _read, encoded, provider, now)


def _read(encoded: str, provider: Provider, now: datetime) -> Assertion:
    """What a response says; takes a millisecond, and some forty when it is made to be slow."""
    from iamd.caller.saml import response  # what it needs takes long to import, and most servers never read one

    try:
        return response.read(encoded, provider, now)
    except Expired as expired:
        raise ExpiredTokenException(str(expired)) from None
    except Rejected as rejected:
        raise IDPRejectedClaim(str(rejected)) from None
    except Refusal as refusal:
        raise InvalidIdentityToken(str(refusal)) from None


def role_for_assertion(call: Call, *, role_arn: str) -> Target[Any]:
    """The role of that ARN with what the assertion brings. Raises InvalidIdentityToken, and AccessDenied where the
    assertion does not pair the role with its provider, and for roles that Identity Center alone gives to people."""
    vouched: Vouched = call.prepared
    told, provider = vouched.told, vouched.provider
    keys: Context = {**claim_keys(told, provider), "sts:rolesessionname": session_name(told)}
    target = role_for(call, role_arn, tags(told), source_identity(told), keys)
    if not may_ask_for(told, role_arn, provider.arn) or f"/{ROLE_NAME}" in role_arn:
        raise AccessDenied(_NOT_AUTHORIZED)
    return target


# It changes no record: the session is in the token alone.
@sts.operation(on=role_for_assertion, also=also_trusted, admit=saml_user, reads=True, refuses=TOKEN_SIZE)
def assume_role_with_saml(
    call: Call,
    found: VouchedRole,
    *,
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int = 3600,
) -> Reply:
    """Issue credentials of a role; `Audience` is the assertion's recipient.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
    """
    vouched: Vouched = call.prepared
    told = vouched.told
    check_duration(call, found.assumption.role, duration_seconds)
    seconds = _shortened(told, duration_seconds, call.now)
    later = {**{key: str(found.keys[key]) for key in LATER}, **vouched.extras}
    opened = open_session(call, found, session_name(told), seconds, policy=policy, policy_arns=policy_arns, later=later)
    return {
        **opened,
        "Subject": told.subject,
        "SubjectType": told.subject_type,
        "Issuer": told.issuer,
        "Audience": told.recipient,
        "NameQualifier": found.keys["saml:namequalifier"],
    }


def _shortened(told: Assertion, seconds: int, now: datetime) -> int:
    """The session's seconds: never more than the assertion allows, nor past the end of the session at the provider,
    even where that leaves less than 900 (seen of live AWS)."""
    allowed = longest_session(told)
    if allowed is not None:
        seconds = min(seconds, allowed)
    if told.session_ends is not None:
        seconds = min(seconds, int((told.session_ends - now).total_seconds()))
    return seconds
