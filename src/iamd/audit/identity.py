"""Who made a call, as CloudTrail's `userIdentity` tells it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session


@dataclass(frozen=True, slots=True)
class Issuer:
    """The role or user that a session was made from."""

    type: str
    principal_id: str
    arn: str
    account_id: str
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """A person of an identity store."""

    user_id: str
    identity_store_arn: str


@dataclass(frozen=True, slots=True)
class Identity:
    """`type` is CloudTrail's word (Root, IAMUser, AssumedRole, FederatedUser, AWSAccount, Unknown ...).

    `issued` is there for temporary credentials: when they were issued; `mfa` tells whether with MFA.
    """

    type: str
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None
    issuer: Issuer | None = None
    issued: datetime | None = None
    mfa: bool = False
    source_identity: str | None = None
    invoked_by: str | None = None
    assumed_root: bool = False
    delegate: str | None = None
    identity_provider: str | None = None
    web_identity_provider: str | None = None  # that vouched for the person behind the session
    on_behalf_of: OnBehalfOf | None = None
    credential_id: str | None = None  # of a person's session at the access portal

    def element(self) -> dict[str, Any]:
        """The `userIdentity` element; what does not apply is absent."""
        element: dict[str, Any] = {
            "type": self.type,
            "principalId": self.principal_id,
            "arn": self.arn,
            "accountId": self.account_id,
            "accessKeyId": self.access_key_id,
            "userName": self.user_name,
            "sessionContext": None if self.issued is None else self._session(self.issued),
            "invokedBy": self.invoked_by,
            "invokedByDelegate": None if self.delegate is None else {"accountId": self.delegate},
            "identityProvider": self.identity_provider,
            "onBehalfOf": None if self.on_behalf_of is None else _behalf(self.on_behalf_of),
            "credentialId": self.credential_id,
        }
        return {name: value for name, value in element.items() if value is not None}

    def _session(self, issued: datetime) -> dict[str, Any]:
        session: dict[str, Any] = {}
        if self.issuer is not None:
            session["sessionIssuer"] = {
                "type": self.issuer.type,
                "principalId": self.issuer.principal_id,
                "arn": self.issuer.arn,
                "accountId": self.issuer.account_id,
            }
            if self.issuer.user_name is not None:
                session["sessionIssuer"]["userName"] = self.issuer.user_name
        if self.web_identity_provider is not None:
            session["webIdFederationData"] = {"federatedProvider": self.web_identity_provider, "attributes": {}}
        if self.source_identity is not None:
            session["sourceIdentity"] = self.source_identity
        # CloudTrail writes the boolean as text.
        mfa = "true" if self.mfa else "false"
        session["attributes"] = {"creationDate": iso(issued), "mfaAuthenticated": mfa}
        if self.assumed_root:
            session["assumedRoot"] = "true"
        return session


def _behalf(person: OnBehalfOf) -> dict[str, str]:
    return {"userId": person.user_id, "identityStoreArn": person.identity_store_arn}


def element_of(caller: Caller) -> dict[str, Any]:
    """The `userIdentity` element of a caller."""
    return identity_of(caller).element()


_TYPES = {
    CallerKind.ROOT: "Root",
    CallerKind.USER: "IAMUser",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.FEDERATED: "FederatedUser",
}


def identity_of(caller: Caller) -> Identity:
    """The identity that CloudTrail logs for this caller in the caller's own account."""
    session = caller.session
    if caller.kind.is_vouched_for:
        return Identity(
            type=caller.kind.value,
            principal_id=caller.user_id,
            user_name=caller.name,
            identity_provider=caller.identity_provider,
        )
    if caller.kind is CallerKind.SERVICE:
        return Identity(type=caller.kind.value, invoked_by=caller.name)
    return Identity(
        type=_TYPES[caller.kind],
        principal_id=caller.user_id,
        arn=caller.arn,
        account_id=caller.account_id,
        access_key_id=caller.access_key_id,
        user_name=caller.name if caller.kind is CallerKind.USER else None,
        issuer=_issuer(caller),
        issued=None if session is None else session.issued,
        mfa=session is not None and session.mfa_time is not None,
        source_identity=None if session is None else session.source_identity,
        assumed_root=session is not None and session.kind == "root",
        delegate=None if session is None else session.delegate,
        web_identity_provider=None if session is None else _web_identity_provider(session),
        on_behalf_of=None if session is None else _person(session),
    )


def _web_identity_provider(session: Session) -> str | None:
    provider = session.extras.get("aws:federatedprovider")
    return provider if isinstance(provider, str) and ":oidc-provider/" in provider else None


def _person(session: Session) -> OnBehalfOf | None:
    """For whom somebody acts in a session with an identity context."""
    user_id, store_arn = (session.extras.get(f"identitystore:{key}") for key in ("userid", "identitystorearn"))
    return OnBehalfOf(user_id, store_arn) if isinstance(user_id, str) and isinstance(store_arn, str) else None


def _issuer(caller: Caller) -> Issuer | None:
    """GetSessionToken's credentials are the user's own and have no issuer."""
    if caller.kind is CallerKind.ROLE:
        return Issuer("Role", caller.id, caller.principal_arn, caller.account_id, caller.name)
    if caller.kind is CallerKind.FEDERATED and caller.id != caller.account_id:
        return Issuer("IAMUser", caller.id, caller.principal_arn, caller.account_id, caller.name)
    if caller.kind is CallerKind.FEDERATED:
        return Issuer("Root", caller.id, caller.principal_arn, caller.account_id)
    return None


@lru_cache(maxsize=64)
def iso(when: datetime) -> str:
    """A time as CloudTrail writes it: UTC, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"
