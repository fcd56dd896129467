"""Identity contexts: whom a service acts for, as CreateTokenWithIAM tells it and AssumeRole takes it.

https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html.
They are sealed, so that nobody but this server makes one.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from iamd.services.signin.grants import opened, sealed
from iamd.store.sealing import Sealer

PROVIDER = "arn:aws:iam::aws:contextProvider/IdentityCenter"
_CONTEXT = b"identity context"
_LONGEST = 2_048


class IdentityContext(msgspec.Struct, frozen=True, array_like=True):
    """A person at an application; `credential_id` is the session's that the application has for the person."""

    user_id: str
    store_arn: str
    instance_arn: str
    application_arn: str
    credential_id: str
    expires: int  # seconds of the epoch

    def keys(self) -> dict[str, str | list[str]]:
        """The condition keys of sessions in which somebody acts for the person."""
        return {
            "identitystore:userid": self.user_id,
            "identitystore:identitystorearn": self.store_arn,
            "identitycenter:instancearn": self.instance_arn,
            "identitycenter:applicationarn": self.application_arn,
            "identitycenter:credentialid": self.credential_id,
        }


def seal_context(sealer: Sealer, context: IdentityContext) -> str:
    return sealed(sealer, context, _CONTEXT)


def open_context(sealer: Sealer, text: str, now: datetime) -> IdentityContext | None:
    """The context; None for what is none of ours, or has expired."""
    context = opened(sealer, text[:_LONGEST], _CONTEXT, IdentityContext)
    return context if context is not None and context.expires > now.timestamp() else None
