"""Users and groups by something else than their id that is unique: an attribute, or what an identity provider calls
them.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_AlternateIdentifier.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from iamd.guard.target import Target
from iamd.services.call import Call
from iamd.services.identitystore.held import Held, Kind
from iamd.services.sso_admin.center import Center
from iamd.store.kinds.identity_store import StoreGroup, StoreUser
from iamd.wire.errors import ValidationException

R = TypeVar("R", StoreUser, StoreGroup)


def by_alternative(
    call: Call,
    kind: Kind[R],
    identity_store_id: str,
    identifier: Mapping[str, Any],
    by_attribute: Callable[[Center, str, str], R | None],
) -> Target[Held[R]]:
    """The user or group that `identifier` means; `by_attribute` finds one by an attribute's path in lower case."""
    if len(identifier) != 1:
        raise ValidationException("AlternateIdentifier must have exactly one member.")

    def find(center: Center) -> R | None:
        external = identifier.get("ExternalId")
        if external is not None:
            wanted = (external["Issuer"], external["Id"])
            known = kind.collection(center.records).where("external", external["Id"])
            return next((each for each in known if wanted in each.external_ids), None)
        attribute = identifier["UniqueAttribute"]
        value = attribute["AttributeValue"]
        if not isinstance(value, str):
            raise ValidationException("AttributeValue must be text.")
        return by_attribute(center, attribute["AttributePath"].lower(), value)

    return kind.named(call, identity_store_id, find)
