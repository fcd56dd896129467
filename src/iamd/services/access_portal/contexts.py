"""Identity contexts: whom a service acts for, as CreateTokenWithIAM tells it and AssumeRole takes it.

https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html.
They are sealed, so that nobody but this server makes one, and good for as long as person and application are there and
enabled.
"""

from __future__ import annotations

from datetime import datetime

from iamd.services.access_portal.people import enabled_user
from iamd.services.call import Realm
from iamd.services.carried import Carried

PROVIDER = "arn:aws:iam::aws:contextProvider/IdentityCenter"


class IdentityContext(Carried, frozen=True, array_like=True):
    """A person at an application; `credential_id` is the session's that the application has for the person."""

    context = b"identity context"

    user_id: str
    store_arn: str
    instance_arn: str
    application_arn: str
    credential_id: str
    expires: int  # seconds of the epoch

    @property
    def account_id(self) -> str:
        """The account that owns the instance."""
        return self.store_arn.split(":")[4]

    def keys(self) -> dict[str, str | list[str]]:
        """The condition keys of sessions in which somebody acts for the person."""
        return {
            "identitystore:userid": self.user_id,
            "identitystore:identitystorearn": self.store_arn,
            "identitycenter:instancearn": self.instance_arn,
            "identitycenter:applicationarn": self.application_arn,
            "identitycenter:credentialid": self.credential_id,
        }


def open_context(realm: Realm, text: str, now: datetime) -> IdentityContext | None:
    """The context; None for what is none of ours, has expired, or tells of a person or an application that is not there
    any more, or disabled. Raises Cold."""
    context = IdentityContext.opened(realm.sealer, text)
    if context is None or context.expires <= now.timestamp():
        return None
    records = realm.records(context.account_id)
    if records is None or enabled_user(records, context.user_id) is None:
        return None
    application = records.applications.get(context.application_arn.rpartition("/")[2])
    return context if application is not None and application.enabled else None
