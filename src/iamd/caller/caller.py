"""Who is calling: the identity that a verified signature stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamd.caller.session import Session


class CallerKind(Enum):
    """Values are those of the condition key `aws:PrincipalType`; of services and for whom an identity provider
    vouches, CloudTrail's."""

    ROOT = "Account"
    USER = "User"
    ROLE = "AssumedRole"
    FEDERATED = "FederatedUser"
    WEB_IDENTITY = "WebIdentityUser"
    SAML = "SAMLUser"
    SERVICE = "AWSService"

    @property
    def is_vouched_for(self) -> bool:
        """Whether it is no principal of an account, but someone whom an identity provider knows."""
        return self is CallerKind.WEB_IDENTITY or self is CallerKind.SAML


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose signature held, or for whom an identity provider vouched.

    `arn` is what GetCallerIdentity answers; `principal_arn` is the ARN of the user, role (path included) or root user
    that acts, or that a session comes from; `id` is its unique id, or the account's id for its root user, and `name`
    its name; `user_id` is `aws:userid`. `session` is there for temporary credentials.

    Of WEB_IDENTITY and SAML, `account_id` is the role's whom they ask for, `id`, `arn` and `principal_arn` are the
    provider's ARN, `name` is the subject, `user_id` CloudTrail's `principalId`, `identity_provider` its word for the
    provider; there is no access key. Of SERVICE, `id`, `name` and `arn` are the service principal, `principal_arn` is the
    resource for which it acts, `account_id` that one's account.
    """

    kind: CallerKind
    account_id: str
    id: str
    name: str
    arn: str
    principal_arn: str
    user_id: str
    access_key_id: str
    session: Session | None = None
    identity_provider: str | None = None
