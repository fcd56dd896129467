"""Users by SCIM. Who is not active is signed out at once, and cannot sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamd.services.identitystore.attributes import checked, dumped, email_of
from iamd.services.identitystore.users import remove_user
from iamd.services.scim.documents import ENTERPRISE, USER, attributes_in, document_of, meta, others, text_in, truth
from iamd.services.scim.errors import invalid
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import operations_of, patched
from iamd.services.scim.request import Request
from iamd.services.scim.resources import USERS, external_id
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import fold
from iamd.wire.errors import AwsError

_FILTERS = ("username", "externalid", "id", "manager")


def create(request: Request) -> dict[str, Any]:
    """Add a user. Raises ScimError."""
    return view(request, USERS.add(request, _fields(request, request.body, None)))


def get(request: Request, id: str) -> dict[str, Any]:
    """The user of that id. Raises ScimError."""
    return view(request, USERS.get(request, id))


def replace(request: Request, id: str) -> dict[str, Any]:
    """Put another document in the place of a user's. Raises ScimError."""
    return _replaced(request, USERS.get(request, id), request.body)


def patch(request: Request, id: str) -> dict[str, Any]:
    """Change a user's document. Raises ScimError."""
    user = USERS.get(request, id)
    document = _document(request, user)
    for verb, path, value in operations_of(request.body):
        if verb == "remove" and path.lower() in ("username", "active"):
            raise invalid(f"{path} cannot be removed.", "mutability")
        document = patched(document, verb, path, value)
    return _replaced(request, user, document)


def delete(request: Request, id: str) -> None:
    """Remove a user. Raises ScimError."""
    remove_user(request.center, USERS.get(request, id))


def find(request: Request) -> Sequence[StoreUser]:
    """The users that a filter wants, all without one. Raises ScimError."""
    wanted = comparisons(request.query.get("filter"), _FILTERS)
    found = USERS.matching(request, wanted)
    if "manager" not in wanted:
        return found
    return [each for each in found if _manager(request, each) == wanted["manager"]]


def _manager(request: Request, user: StoreUser) -> str | None:
    manager: str | None = _document(request, user).get(ENTERPRISE, {}).get("manager", {}).get("value")
    return manager


def _document(request: Request, user: StoreUser) -> dict[str, Any]:
    return document_of(user, external_id(request, user))


def view(request: Request, user: StoreUser) -> dict[str, Any]:
    """A user as it is answered."""
    document = _document(request, user)
    schemas = [USER, *([ENTERPRISE] if ENTERPRISE in document else [])]
    return {"schemas": schemas, "id": user.id, "meta": meta("User", user.created, user.updated), **document}


def _replaced(request: Request, user: StoreUser, document: Mapping[str, Any]) -> dict[str, Any]:
    return view(request, USERS.change(request, user, _fields(request, document, user)))


def _fields(request: Request, document: Mapping[str, Any], user: StoreUser | None) -> dict[str, Any]:
    """What a document says, as the fields of a StoreUser. Raises ScimError."""
    name = text_in(document, "userName")
    if name is None:
        raise invalid("userName is required.")
    try:
        attributes = checked(name, {**({} if user is None else others(user)), **attributes_in(document)})
    except AwsError as error:
        raise invalid(error.message) from None
    email = email_of(attributes)
    if email is not None:
        USERS.require_free(request, "email", fold(email), "email address", email, user)
    return {
        "name": name,
        "email": email,
        "attributes": dumped(attributes),
        "external_ids": USERS.external_ids(request, text_in(document, "externalId"), user),
        "enabled": truth(document.get("active", True)),
    }
