"""How an application comes to tokens: grants, access scopes, and who may ask in its name.

https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps-trusted-identity-propagation-set-up-your-own-app-OAuth2.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iamd.policy import Kind, MalformedPolicy, parse
from iamd.services.call import Call, Reply
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.held_applications import HeldApplication, existing_application
from iamd.services.sso_admin.paging import page
from iamd.wire.errors import ValidationException
from iamd.wire.identity_errors import ResourceNotFoundException

Grant = Mapping[str, Any]
_MEMBERS = {
    "authorization_code": "AuthorizationCode",
    "refresh_token": "RefreshToken",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "JwtBearer",
    "urn:ietf:params:oauth:grant-type:token-exchange": "TokenExchange",
}
"""The member of the `Grant` union for each type of grant."""
_NEEDED = {"AuthorizationCode": "RedirectUris", "JwtBearer": "AuthorizedTokenIssuers"}


def _dumped(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _without(values: dict[str, Any], key: str, noun: str) -> str:
    if key not in values:
        raise ResourceNotFoundException(f"Could not find {noun} {key}")
    return _dumped({each: value for each, value in values.items() if each != key})


@sso_admin.operation(on=existing_application)
def put_application_grant(call: Call, held: HeldApplication, *, grant_type: str, grant: Grant) -> None:
    """Allow a type of grant, or change what it takes. Trusted token issuers must be there."""
    member = _MEMBERS[grant_type]
    if set(grant) != {member}:
        raise ValidationException(f"Grant must have exactly one member, {member}, for the grant type {grant_type}.")
    needed = _NEEDED.get(member)
    if needed is not None and not grant[member].get(needed):
        raise ValidationException(f"{needed} is required for the grant type {grant_type}.")
    for issuer in grant[member].get("AuthorizedTokenIssuers", ()):
        arn = issuer.get("TrustedTokenIssuerArn")
        if not any(each.arn == arn for each in held.center.records.trusted_token_issuers):
            raise ResourceNotFoundException(f"Could not find a trusted token issuer with ARN {arn}")
    held.replaced(grants=_dumped({**json.loads(held.application.grants), grant_type: grant}))


@sso_admin.operation(on=existing_application)
def get_application_grant(call: Call, held: HeldApplication, *, grant_type: str) -> Reply:
    """One grant."""
    grants = json.loads(held.application.grants)
    if grant_type not in grants:
        raise ResourceNotFoundException(f"Could not find grant {grant_type}")
    return {"Grant": grants[grant_type]}


@sso_admin.operation(on=existing_application)
def list_application_grants(call: Call, held: HeldApplication, *, next_token: str | None = None) -> Reply:
    """List the grants."""
    grants: dict[str, Any] = json.loads(held.application.grants)
    return page(
        "Grants",
        grants.items(),
        lambda each: each[0],
        lambda each: {"GrantType": each[0], "Grant": each[1]},
        next_token,
        None,
    )


@sso_admin.operation(on=existing_application)
def delete_application_grant(call: Call, held: HeldApplication, *, grant_type: str) -> None:
    """Allow a type of grant no more."""
    held.replaced(grants=_without(json.loads(held.application.grants), grant_type, "grant"))


@sso_admin.operation(on=existing_application)
def put_application_access_scope(
    call: Call, held: HeldApplication, *, scope: str, authorized_targets: list[str] | None = None
) -> None:
    """Let the application ask for a scope, of these targets alone where there are any."""
    held.replaced(scopes=_dumped({**json.loads(held.application.scopes), scope: authorized_targets or []}))


def _scope(scope: str, targets: list[str]) -> dict[str, Any]:
    return {"Scope": scope, "AuthorizedTargets": targets or None}


@sso_admin.operation(on=existing_application)
def get_application_access_scope(call: Call, held: HeldApplication, *, scope: str) -> Reply:
    """One scope."""
    scopes = json.loads(held.application.scopes)
    if scope not in scopes:
        raise ResourceNotFoundException(f"Could not find access scope {scope}")
    return _scope(scope, scopes[scope])


@sso_admin.operation(on=existing_application)
def list_application_access_scopes(
    call: Call, held: HeldApplication, *, max_results: int | None = None, next_token: str | None = None
) -> Reply:
    """List the scopes."""
    scopes: dict[str, list[str]] = json.loads(held.application.scopes)
    return page("Scopes", scopes.items(), lambda each: each[0], lambda each: _scope(*each), next_token, max_results)


@sso_admin.operation(on=existing_application)
def delete_application_access_scope(call: Call, held: HeldApplication, *, scope: str) -> None:
    """Take a scope away."""
    held.replaced(scopes=_without(json.loads(held.application.scopes), scope, "access scope"))


@sso_admin.operation(on=existing_application)
def put_application_authentication_method(
    call: Call, held: HeldApplication, *, authentication_method_type: str, authentication_method: Mapping[str, Any]
) -> None:
    """Tell which IAM principals may ask for tokens in the application's name: a policy like that of a resource."""
    if "Iam" not in authentication_method:
        raise ValidationException(f"AuthenticationMethod must have the member Iam for {authentication_method_type}.")
    policy = json.dumps(authentication_method["Iam"]["ActorPolicy"], ensure_ascii=False, separators=(",", ":"))
    try:
        parse(policy, Kind.RESOURCE)
    except MalformedPolicy as error:
        raise ValidationException(f"Malformed actor policy: {error}") from None
    held.replaced(actor_policy=policy)


def _methods(held: HeldApplication) -> list[dict[str, Any]]:
    policy = held.application.actor_policy
    return [] if policy is None else [{"Iam": {"ActorPolicy": json.loads(policy)}}]


def _method(held: HeldApplication) -> dict[str, Any]:
    methods = _methods(held)
    if not methods:
        raise ResourceNotFoundException("Could not find authentication method IAM")
    return methods[0]


@sso_admin.operation(on=existing_application)
def get_application_authentication_method(
    call: Call, held: HeldApplication, *, authentication_method_type: str
) -> Reply:
    """The authentication method of that type, of which there is one: IAM."""
    return {"AuthenticationMethod": _method(held)}


@sso_admin.operation(on=existing_application)
def list_application_authentication_methods(
    call: Call, held: HeldApplication, *, next_token: str | None = None
) -> Reply:
    """List the authentication methods, IAM at most."""
    return page(
        "AuthenticationMethods",
        _methods(held),
        lambda _: "IAM",
        lambda each: {"AuthenticationMethodType": "IAM", "AuthenticationMethod": each},
        next_token,
        None,
    )


@sso_admin.operation(on=existing_application)
def delete_application_authentication_method(
    call: Call, held: HeldApplication, *, authentication_method_type: str
) -> None:
    """Let no IAM principal ask for tokens in the application's name any more."""
    _method(held)
    held.replaced(actor_policy=None)
