"""Trusted token issuers: OpenID Connect providers whose tokens applications exchange for those of Identity Center.

https://docs.aws.amazon.com/singlesignon/latest/userguide/using-apps-with-trusted-token-issuer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamd.audit.ids import new_uuid
from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, administered, also_on_instance, at, existing_instance
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.tag_rules import merged
from iamd.store.kind import Taken
from iamd.store.kinds.identity_applications import TrustedTokenIssuer
from iamd.store.records import PARTITION
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ConflictException, ResourceNotFoundException

Configuration = Mapping[str, Any]
_ATTRIBUTES = frozenset({"userName", "emails.value", "externalIds.id"})


@dataclass(frozen=True, slots=True)
class HeldIssuer:
    """An issuer, with its instance."""

    center: Center
    issuer: TrustedTokenIssuer


def existing_issuer(call: Call, *, trusted_token_issuer_arn: str) -> Target[HeldIssuer]:
    """The issuer of that ARN in an instance that the caller administers."""
    id = trusted_token_issuer_arn.rpartition("/")[2]
    for center in administered(call):
        found = center.records.trusted_token_issuers.get(id)
        if found is not None and found.arn == trusted_token_issuer_arn:
            return at(center, found.arn, HeldIssuer(center, found), found.tags)
    said = f"Could not find a trusted token issuer with id {id}"
    return missing(trusted_token_issuer_arn, ResourceNotFoundException(said))


def new_issuer(call: Call, *, instance_arn: str) -> Target[Center]:
    """What is made is decided on as any issuer of the instance, for it has no id yet."""
    target = existing_instance(call, instance_arn=instance_arn)
    if target.missing is not None:
        return target
    arn = f"arn:{PARTITION}:sso::{call.account_id}:trustedTokenIssuer/{target.value.instance.id}/*"
    return at(target.value, arn, target.value)


def _settings(configuration: Configuration) -> Mapping[str, str]:
    if "OidcJwtConfiguration" not in configuration:
        raise ValidationException("TrustedTokenIssuerConfiguration must have the member OidcJwtConfiguration.")
    settings: Mapping[str, str] = configuration["OidcJwtConfiguration"]
    path = settings.get("IdentityStoreAttributePath")
    if path is not None and path not in _ATTRIBUTES:
        raise ValidationException(f"IdentityStoreAttributePath must be one of {', '.join(sorted(_ATTRIBUTES))}.")
    return settings


def summary(issuer: TrustedTokenIssuer) -> dict[str, Any]:
    """An issuer as lists show it."""
    return {"TrustedTokenIssuerArn": issuer.arn, "Name": issuer.name, "TrustedTokenIssuerType": "OIDC_JWT"}


@sso_admin.operation(on=new_issuer, also=also_on_instance)
def create_trusted_token_issuer(
    call: Call,
    center: Center,
    *,
    name: str,
    trusted_token_issuer_type: str,
    trusted_token_issuer_configuration: Configuration,
    client_token: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Trust an issuer; names are unique, whatever their case."""
    settings = _settings(trusted_token_issuer_configuration)
    issuers = center.records.trusted_token_issuers
    made = TrustedTokenIssuer(
        account_id=center.instance.account_id,
        id=f"tti-{new_uuid()}",
        instance_id=center.instance.id,
        owner_id=call.account_id,
        name=name,
        issuer_url=settings["IssuerUrl"],
        claim_path=settings["ClaimAttributePath"],
        attribute_path=settings["IdentityStoreAttributePath"],
        client_token=client_token,
        tags=merged((), tags),
    )
    repeated = None if client_token is None else next(iter(issuers.where("token", client_token)), None)
    if repeated is not None and (repeated.name, repeated.issuer_url) == (made.name, made.issuer_url):
        return {"TrustedTokenIssuerArn": repeated.arn}
    quotas.check(len(issuers), quotas.TOKEN_ISSUERS, "trusted token issuers")
    try:
        return {"TrustedTokenIssuerArn": issuers.add(made).arn}
    except Taken:
        raise ConflictException(f"A trusted token issuer with name {name} already exists.") from None


@sso_admin.operation(on=existing_issuer)
def describe_trusted_token_issuer(call: Call, held: HeldIssuer) -> Reply:
    """The issuer of that ARN."""
    issuer = held.issuer
    settings = {
        "IssuerUrl": issuer.issuer_url,
        "ClaimAttributePath": issuer.claim_path,
        "IdentityStoreAttributePath": issuer.attribute_path,
        "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
    }
    return {**summary(issuer), "TrustedTokenIssuerConfiguration": {"OidcJwtConfiguration": settings}}


@sso_admin.operation(on=existing_instance)
def list_trusted_token_issuers(
    call: Call, center: Center, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List an instance's issuers."""
    issuers = center.records.trusted_token_issuers
    return page("TrustedTokenIssuers", issuers, lambda each: each.id, summary, next_token, max_results)


@sso_admin.operation(on=existing_issuer)
def update_trusted_token_issuer(
    call: Call,
    held: HeldIssuer,
    *,
    name: str | None = None,
    trusted_token_issuer_configuration: Configuration | None = None,
) -> Reply:
    """Change the name, or which claim is compared with which attribute; the URL stays."""
    settings = {} if trusted_token_issuer_configuration is None else _settings(trusted_token_issuer_configuration)
    issuer = held.issuer
    try:
        held.center.records.trusted_token_issuers.replace(
            issuer,
            name=name or issuer.name,
            claim_path=settings.get("ClaimAttributePath", issuer.claim_path),
            attribute_path=settings.get("IdentityStoreAttributePath", issuer.attribute_path),
        )
    except Taken:
        raise ConflictException(f"A trusted token issuer with name {name} already exists.") from None
    return {}


@sso_admin.operation(on=existing_issuer)
def delete_trusted_token_issuer(call: Call, held: HeldIssuer) -> Reply:
    """Trust an issuer no more; grants that name it give nothing any more."""
    held.center.records.trusted_token_issuers.remove(held.issuer)
    return {}
