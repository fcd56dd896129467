"""AssumeRoleWithSAML: credentials of a role for whom a SAML provider of its account vouches."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.saml.assertion import Assertion
from iamd.caller.saml.provider import Provider
from iamd.caller.saml.refusals import Expired, Refusal, Rejected
from iamd.guard.context import Context, tag_context
from iamd.guard.enforce import Ask
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Realm, Reply
from iamd.services.iam.trust import rendered
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.assume_role import (
    NOBODY,
    Assumption,
    account_of_role,
    also_allowed,
    assumed_role_user,
    check_duration,
)
from iamd.services.sts.credentials import issue
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
from iamd.services.sts.session_policies import packed_size, session_policies
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
# A response may be large, and anybody may send one: two are read at a time, beside the event loop.
_threads = ThreadPoolExecutor(2, thread_name_prefix="iamd-saml")


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider's response says, its signature and times verified."""

    provider: SamlProvider
    told: Assertion


@dataclass(frozen=True, slots=True)
class SamlAssumption:
    """A role about to be assumed, under which name, and what the assertion's condition keys are."""

    assumption: Assumption
    session_name: str
    keys: Context


async def saml_user(realm: Realm, now: datetime, *, role_arn: str, principal_arn: str, saml_assertion: str) -> Admitted:
    """Whom the response names, if the provider signed it.

    Raises ValidationError, InvalidIdentityToken, ExpiredTokenException and IDPRejectedClaim.
    """
    account_id = account_of_role(role_arn)
    if not role_arn.startswith(f"arn:{PARTITION}:iam::{account_id}:role/"):
        raise ValidationError("Request ARN is invalid")
    records, provider = await _provider(realm, principal_arn)
    if provider.account_id != account_id:
        raise AccessDenied("Not authorized to perform sts:AssumeRoleWithSAML")  # an account trusts its own ones only
    keys = tuple(
        realm.sealer.open(key.sealed, key.id.encode()) for key in records.saml_keys.where("provider", provider.id)
    )
    expected = Provider(provider.id, provider.metadata, keys, provider.encrypted, realm.sign_in_urls)
    told = await asyncio.get_running_loop().run_in_executor(_threads, _read, saml_assertion, expected, now)
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
    """The role of that ARN with what the assertion brings; one that is not there, or that the assertion does not pair
    with its provider, trusts nobody. Raises InvalidIdentityToken."""
    vouched: Vouched = call.prepared
    provider, told = vouched.provider, vouched.told
    name, source, given = session_name(told), source_identity(told), tags(told)
    keys = claim_keys(told, provider)
    context: Context = {**keys, **tag_context(given.tags), "sts:rolesessionname": name}
    if given.transitive:
        context["sts:transitivetagkeys"] = given.transitive
    if source is not None:
        context["sts:sourceidentity"] = source
    role = call.records.roles.named(role_arn.rpartition("/")[2])
    if role is None or role.arn != role_arn or not may_ask_for(told, role_arn, provider.arn):
        return Target(role_arn, None, policy=NOBODY, context=context)
    assumption = Assumption(role, call.records, rendered(role, call.realm), given, source)
    asked = SamlAssumption(assumption, name, keys)
    return Target(role.arn, asked, tags=role.tags, policy=assumption.trust, context=context)


def also_trusted(call: Call, asked: SamlAssumption) -> Iterator[Ask]:
    return also_allowed(call, asked.assumption)


# It changes no record: the session is in the token alone.
@sts.operation(on=role_for_assertion, also=also_trusted, admit=saml_user, reads=True, refuses=TOKEN_SIZE)
def assume_role_with_saml(
    call: Call,
    asked: SamlAssumption,
    *,
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int = 3600,
) -> Reply:
    """Issue credentials of a role; `PackedPolicySize` is always answered, `Audience` is the assertion's recipient.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
    """
    vouched: Vouched = call.prepared
    told, role, given = vouched.told, asked.assumption.role, asked.assumption.tags
    check_duration(call, role, duration_seconds)
    policies = session_policies(policy, policy_arns, call.records)
    packed = packed_size(policies, given.tags)
    credentials = issue(
        call,
        "role",
        role.account_id,
        _shortened(told, duration_seconds, call.now),
        principal_id=role.id,
        principal_name=role.name,
        session_name=asked.session_name,
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=given.tags,
        transitive=given.transitive,
        source_identity=asked.assumption.source_identity,
        extras={"aws:federatedprovider": vouched.provider.arn, **{key: asked.keys[key] for key in LATER}},
    )
    call.realm.store.used(role.account_id, role.id, call.now, call.region, "sts")
    return {
        "Credentials": credentials,
        "AssumedRoleUser": assumed_role_user(role, asked.session_name),
        "PackedPolicySize": packed or 0,
        "Subject": told.subject,
        "SubjectType": told.subject_type,
        "Issuer": told.issuer,
        "Audience": told.recipient,
        "NameQualifier": asked.keys["saml:namequalifier"],
        "SourceIdentity": asked.assumption.source_identity,
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
