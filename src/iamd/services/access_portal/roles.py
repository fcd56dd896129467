"""Credentials of what people have been given: of the role that a permission set has become in an account.

Identity Center vouches for the person as a SAML provider of that account, which the role trusts, so that the guard decides
as on any AssumeRoleWithSAML, which is also what the account's trail tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.audit import ApiEvent
from iamd.audit.ids import new_uuid
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.saml.assertion import Assertion
from iamd.guard.target import Target
from iamd.services import invocation
from iamd.services.access_portal.assignments import assigned
from iamd.services.access_portal.attributes import principal_tags
from iamd.services.access_portal.bearer import Bearer
from iamd.services.call import Call, Cold, PublicCall
from iamd.services.sso_admin import durations
from iamd.services.sso_admin.center import Center
from iamd.services.sso_admin.role_making import provider_name
from iamd.services.sts.api import sts
from iamd.services.sts.saml import Vouched, assume_role_with_saml
from iamd.services.sts.saml_claims import ATTRIBUTES, claim_keys, disclosed, name_qualifier, session_name, tags
from iamd.services.sts.vouched import also_trusted, role_for
from iamd.store.image import Records
from iamd.store.kinds.federation import SamlProvider
from iamd.store.records import Role
from iamd.wire.errors import AwsError
from iamd.wire.oidc_errors import ForbiddenException

_RECIPIENT = "https://signin.aws.amazon.com/saml"


async def assume(call: PublicCall, bearer: Bearer, account_id: str, role_name: str) -> dict[str, Any]:
    """What AssumeRoleWithSAML answers for a permission set's role in an account. Raises ForbiddenException for one that the
    person has not been given, and whose trust policy does not let in."""
    held = assigned(bearer.records, bearer.user.id).get(account_id, {}).get(role_name)
    store = call.realm.store
    if held is None or not store.has_account(account_id):
        raise ForbiddenException()
    there = await store.load(account_id)
    role: Role | None = there.roles.named(held.provisioned.role_name)
    if role is None or there.account.closed is not None:
        raise ForbiddenException()
    name = provider_name(Center(bearer.center, bearer.records), account_id)
    provider: SamlProvider | None = there.saml_providers.named(name)
    if provider is None:
        raise ForbiddenException()
    seconds = durations.seconds(held.permission_set.session)
    asking = _asking(call, bearer, role, provider, seconds, there)
    reply: Mapping[str, Any] | None = None
    refusal: AwsError | None = None
    try:
        reply = await _invoked(call, asking)
    except AwsError as error:
        refusal = error
    store.append_event(_event(asking, bearer, reply, refusal))
    if reply is None:
        raise ForbiddenException()
    return {**reply, "ProviderArn": provider.arn}


async def credentials(call: PublicCall, bearer: Bearer, account_id: str, role_name: str) -> Mapping[str, Any]:
    """The credentials alone."""
    found: Mapping[str, Any] = (await assume(call, bearer, account_id, role_name))["Credentials"]
    return found


def _role_of_person(call: Call, *, role_arn: str) -> Target[Any]:
    """The role with what Identity Center says of the person."""
    vouched: Vouched = call.prepared
    told, provider = vouched.told, vouched.provider
    keys = {**claim_keys(told, provider), "sts:rolesessionname": session_name(told)}
    return role_for(call, role_arn, tags(told), None, keys)


_ASSUME = sts.beside("AssumeRoleWithSAML", on=_role_of_person, also=also_trusted)(assume_role_with_saml)


def _asking(
    call: PublicCall, bearer: Bearer, role: Role, provider: SamlProvider, seconds: int, records: Records
) -> Call:
    """The call of AssumeRoleWithSAML that Identity Center makes for the person."""
    told = _assertion(bearer, role, provider)
    qualifier = name_qualifier(told.issuer, provider)
    caller = Caller(
        CallerKind.SAML,
        role.account_id,
        id=provider.arn,
        name=told.subject,
        arn=provider.arn,
        principal_arn=provider.arn,
        user_id=f"{qualifier}:{told.subject}",
        access_key_id="",
        identity_provider=qualifier,
    )
    params = {"role_arn": role.arn, "principal_arn": provider.arn, "duration_seconds": seconds}
    return Call(
        _ASSUME,
        call.realm,
        caller,
        records,
        params,
        call.now,
        new_uuid(),
        call.client_ip,
        call.secure,
        call.agent,
        call.region,
        Vouched(provider, told, {"identitystore:userid": bearer.user.id}),
    )


def _assertion(bearer: Bearer, role: Role, provider: SamlProvider) -> Assertion:
    """What Identity Center says of the person: the user name, which names the session, and the attributes for access
    control.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/attributesforaccesscontrol.html
    """
    return Assertion(
        id=f"_{new_uuid()}",
        issuer=f"https://portal.sso.{bearer.center.region}.amazonaws.com/saml/assertion/{provider.name}",
        subject=bearer.user.name,
        subject_type="persistent",
        recipient=_RECIPIENT,
        attributes={
            f"{ATTRIBUTES}RoleSessionName": (as_session_name(bearer.user.name),),
            f"{ATTRIBUTES}Role": (f"{role.arn},{provider.arn}",),
            **{
                f"{ATTRIBUTES}PrincipalTag:{key}": (value,) for key, value in principal_tags(bearer.center, bearer.user)
            },
        },
    )


def as_session_name(user_name: str) -> str:
    """A user name as the name of a session: what may not stand there becomes `_`, and what is too long is left out."""
    allowed = "".join(each if each.isascii() and (each.isalnum() or each in "_+=,.@-") else "_" for each in user_name)
    return allowed[:64].ljust(2, "_")


async def _invoked(call: PublicCall, asking: Call) -> Mapping[str, Any]:
    while True:
        try:
            return invocation.invoke(asking) or {}
        except Cold as cold:
            await call.realm.store.load(cold.account_id)


def _event(asking: Call, bearer: Bearer, reply: Mapping[str, Any] | None, refusal: AwsError | None) -> ApiEvent:
    return ApiEvent(
        account_id=asking.account_id,
        time=asking.now,
        source=sts.source,
        name="AssumeRoleWithSAML",
        region=bearer.center.region,
        request_id=asking.request_id,
        read_only=True,
        who=asking.caller,
        operation=asking.operation.model,
        params=asking.params,
        reply=reply,
        error=None if refusal is None else (refusal.code, refusal.message),
        client_ip=asking.client_ip,
        agent=asking.agent,
        disclosed=disclosed(asking.prepared.told),
        asked=asking.asked,
    )
