"""Who is calling: the identity that a verified signature stands for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamd.caller.tokens import Session


class CallerKind(Enum):
    """Values are those of the condition key `aws:PrincipalType`."""

    ROOT = "Account"
    USER = "User"
    ROLE = "AssumedRole"
    FEDERATED = "FederatedUser"


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose signature held.

    `arn` is what GetCallerIdentity answers; `principal_arn` is the ARN of the user, role (path included) or root user
    that acts, or that a session comes from; `id` is its unique id, or the account's id for its root user, and `name`
    its name; `user_id` is `aws:userid`. `session` is there for temporary credentials.
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
