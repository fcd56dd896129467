"""Service-specific credentials: passwords and bearer tokens of users for one AWS service each.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from msgspec import structs

from iamd.caller import bearer
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.identities import identity_of
from iamd.services.iam.statuses import is_active, status_of
from iamd.services.iam.users import existing_user, named_user_or_caller
from iamd.services.paging import page, page_of
from iamd.store.image import Records
from iamd.store.kinds.credentials import ServiceCredential, service_login
from iamd.store.records import User, iam_arn
from iamd.wire.errors import InvalidInput, NoSuchEntity, ValidationError

# Services that take user name and password, and the first characters of the bearer tokens that others take.
SERVICES: dict[str, str | None] = {
    "codecommit.amazonaws.com": None,
    "cassandra.amazonaws.com": None,
    "bedrock.amazonaws.com": "ABSK",
    "logs.amazonaws.com": "ACWL",
    "cloudwatch.amazonaws.com": "APIAACWM",
    "aws-external-anthropic.amazonaws.com": "AEAA",
    bearer.SERVICE: bearer.PREFIX,  # iamd's own authorization API, which AWS has not
}
_is_service_name = re.compile(r"[a-zA-Z0-9.-]*").fullmatch


def credential_of_user(
    call: Call, *, service_specific_credential_id: str, user_name: str | None = None
) -> Target[ServiceCredential]:
    """The user's credential of that id; the user, or else the caller, is what is decided on."""
    owner: Target[Any] = named_user_or_caller(call, user_name=user_name)
    if owner.missing is not None:
        return structs.replace(owner, value=None)
    credential = call.records.service_credentials.get(service_specific_credential_id)
    if credential is None:
        error = NoSuchEntity(f"No such credential {service_specific_credential_id} exists")
        return structs.replace(owner, value=None, missing=error)
    if credential.owner_id != owner.value.id:
        said = f"User {owner.value.name} does not have a service specific credential with id {credential.id}"
        return structs.replace(owner, value=None, missing=ValidationError(said))
    context = {"iam:servicespecificcredentialservicename": credential.service}
    return structs.replace(owner, value=credential, context=context)


def one_user_or_all(call: Call, *, user_name: str | None = None, all_users: bool = False) -> Target[Any]:
    """The user of that name, or the caller, or with `all_users` every user there is."""
    if not all_users:
        return named_user_or_caller(call, user_name=user_name)
    both = InvalidInput("Cannot list credentials for all users if a username is given")
    return Target(iam_arn(call.account_id, "user/*"), None, missing=both if user_name is not None else None)


def _service(name: str) -> str:
    """The service of that name, whatever its case; raises ValidationError, NoSuchEntity."""
    if not _is_service_name(name):
        raise ValidationError("ServiceName must match [a-zA-Z0-9.-]*")
    if name.lower() not in SERVICES:
        raise NoSuchEntity(f"No such service {name} is supported for Service Specific Credentials")
    return name.lower()


def _login(records: Records, user: User, service: str) -> str:
    """The first name for the user that is free at the service: users who were renamed keep theirs."""
    for number in count():
        login = f"{user.name}{f'+{number}' if number else ''}-at-{records.account_id}"
        if not records.service_credentials.count("login", service_login(service, login)):
            return login
    raise AssertionError("numbers never end")


def _new_secret() -> str:
    """60 characters of base64, 352 random bits."""
    return base64.b64encode(secrets.token_bytes(44)).decode()


def _sealed(call: Call, credential_id: str, secret: str) -> bytes:
    return call.realm.sealer.seal(secret.encode(), credential_id.encode())


def metadata(call: Call, credential: ServiceCredential) -> dict[str, Any]:
    """A credential without its secret."""
    expired = credential.expires is not None and credential.expires <= call.now
    name = "ServiceUserName" if SERVICES[credential.service] is None else "ServiceCredentialAlias"
    return {
        "UserName": identity_of(call.records, credential.owner_id).name,
        "Status": "Expired" if expired else status_of(credential.active),
        name: credential.login,
        "CreateDate": credential.created,
        "ExpirationDate": credential.expires,
        "ServiceSpecificCredentialId": credential.id,
        "ServiceName": credential.service,
    }


def _told(call: Call, credential: ServiceCredential, secret: str) -> Reply:
    """A credential with its secret, which is told this once."""
    prefix = SERVICES[credential.service]
    if prefix is None:
        told = {"ServicePassword": secret}
    else:
        token = base64.b64encode(f"{credential.login}:{secret}".encode()).decode()
        told = {"ServiceCredentialSecret": f"{prefix}{token}"}
    return {"ServiceSpecificCredential": {**metadata(call, credential), **told}}


def _expiry(call: Call, days: int | None) -> datetime | None:
    return None if days is None else call.now + timedelta(days=days)


@iam.operation(on=existing_user)
def create_service_specific_credential(
    call: Call, user: User, *, service_name: str, credential_age_days: int | None = None
) -> Reply:
    """Create a user's credential for a service, which ends after so many days, if any are given."""
    service, credentials = _service(service_name), call.records.service_credentials
    present = sum(credential.service == service for credential in credentials.where("owner", user.id))
    quotas.check(present, quotas.SERVICE_CREDENTIALS_PER_USER, "ContextSpecificCredentialsPerUserPerContext")
    credential_id, secret = call.new_id("ACCA"), _new_secret()
    credential = ServiceCredential(
        call.account_id,
        credential_id,
        user.id,
        service,
        _login(call.records, user, service),
        call.now,
        _sealed(call, credential_id, secret),
        _expiry(call, credential_age_days),
    )
    return _told(call, credentials.add(credential), secret)


@iam.operation(on=one_user_or_all)
def list_service_specific_credentials(
    call: Call,
    user: User | None,
    *,
    service_name: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> Reply:
    """List the credentials of one user or of all, for one service or (no name, or an empty one) for every."""
    service = _service(service_name) if service_name else None

    def wanted(credential: ServiceCredential) -> bool:
        return service is None or credential.service == service

    def view(credential: ServiceCredential) -> dict[str, Any]:
        return metadata(call, credential)

    member, credentials = "ServiceSpecificCredentials", call.records.service_credentials
    if user is None:
        return page(member, credentials, view, marker, max_items, wanted)
    own = filter(wanted, credentials.where("owner", user.id))
    return page_of(member, own, lambda credential: credential.id, view, marker, max_items)


@iam.operation(on=credential_of_user)
def update_service_specific_credential(call: Call, credential: ServiceCredential, *, status: str) -> None:
    """Activate or deactivate a credential."""
    call.records.service_credentials.replace(credential, active=is_active(status))


@iam.operation(on=credential_of_user)
def reset_service_specific_credential(call: Call, credential: ServiceCredential) -> Reply:
    """Exchange the secret; id, name, status and expiry stay."""
    secret = _new_secret()
    sealed = _sealed(call, credential.id, secret)
    return _told(call, call.records.service_credentials.replace(credential, sealed_secret=sealed), secret)


@iam.operation(on=credential_of_user)
def delete_service_specific_credential(call: Call, credential: ServiceCredential) -> None:
    """Delete a credential for good."""
    call.records.service_credentials.remove(credential)
