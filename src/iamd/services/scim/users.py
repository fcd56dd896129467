"""Users by SCIM. Who is not active is signed out at once, and cannot sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.identitystore.attributes import checked, dumped, email_of
from iamd.services.identitystore.quotas import USERS as MOST
from iamd.services.identitystore.stores import new_id
from iamd.services.identitystore.users import remove_user
from iamd.services.scim.documents import ENTERPRISE, USER, attributes_in, document_of, meta, others, text_in, truth
from iamd.services.scim.errors import ScimError, invalid, not_found, taken
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import operations_of, patched
from iamd.services.scim.request import Request
from iamd.store.kind import Taken
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import fold
from iamd.wire.errors import AwsError

_FILTERS = ("username", "externalid", "id", "manager")


def create(request: Request) -> dict[str, Any]:
    """Add a user. Raises ScimError."""
    if len(request.records.store_users) >= MOST:
        raise ScimError(400, f"The identity store has reached its quota of {MOST} users.", "tooMany")
    fields = _fields(request, request.body, None)
    user = StoreUser(
        account_id=request.center.instance.account_id,
        id=new_id(request.center),
        created=request.now,
        updated=request.now,
        created_by=request.by,
        updated_by=request.by,
        **fields,
    )
    try:
        request.records.store_users.add(user)
    except Taken:
        raise taken(f"A user with the user name {user.name}") from None
    return view(request, user)


def get(request: Request, id: str) -> dict[str, Any]:
    """The user of that id. Raises ScimError."""
    return view(request, _user(request, id))


def replace(request: Request, id: str) -> dict[str, Any]:
    """Put another document in the place of a user's. Raises ScimError."""
    return _replaced(request, _user(request, id), request.body)


def patch(request: Request, id: str) -> dict[str, Any]:
    """Change a user's document. Raises ScimError."""
    user = _user(request, id)
    document = document_of(user, request.issuer)
    for verb, path, value in operations_of(request.body):
        if verb == "remove" and path is not None and path.lower() in ("username", "active"):
            raise invalid(f"{path} cannot be removed.", "mutability")
        document = patched(document, verb, path, value)
    return _replaced(request, user, document)


def delete(request: Request, id: str) -> None:
    """Remove a user. Raises ScimError."""
    remove_user(request.center, _user(request, id))


def find(request: Request) -> list[StoreUser]:
    """The users that a filter wants, all without one. Raises ScimError."""
    text, users = request.query.get("filter"), request.records.store_users
    if text is None:
        return list(users.sorted())
    wanted = comparisons(text, _FILTERS)
    found: list[StoreUser] | None = None
    if "username" in wanted:
        found = [each for each in [users.named(wanted["username"])] if each is not None]
    if "id" in wanted:
        named = users.get(wanted["id"])
        found = [named] if named is not None and (found is None or named in found) else []
    if "externalid" in wanted:
        known = users.where("external", wanted["externalid"])
        found = [each for each in known if found is None or each in found]
    if "manager" not in wanted:
        return found or []
    return [each for each in (users if found is None else found) if _manager(request, each) == wanted["manager"]]


def _manager(request: Request, user: StoreUser) -> str | None:
    extension = document_of(user, request.issuer).get(ENTERPRISE, {})
    manager: str | None = extension.get("manager", {}).get("value")
    return manager


def view(request: Request, user: StoreUser) -> dict[str, Any]:
    """A user as it is answered."""
    document = document_of(user, request.issuer)
    schemas = [USER, *([ENTERPRISE] if ENTERPRISE in document else [])]
    return {"schemas": schemas, "id": user.id, "meta": meta("User", user.created, user.updated), **document}


def _user(request: Request, id: str) -> StoreUser:
    user: StoreUser | None = request.records.store_users.get(id)
    if user is None:
        raise not_found("User", id)
    return user


def _replaced(request: Request, user: StoreUser, document: Mapping[str, Any]) -> dict[str, Any]:
    fields = _fields(request, document, user)
    try:
        changed: StoreUser = request.records.store_users.replace(
            user, updated=request.now, updated_by=request.by, revision=user.revision + 1, **fields
        )
    except Taken:
        raise taken(f"A user with the user name {fields['name']}") from None
    return view(request, changed)


def _fields(request: Request, document: Mapping[str, Any], user: StoreUser | None) -> dict[str, Any]:
    """What a document says, as the fields of a StoreUser. Raises ScimError."""
    name, external = text_in(document, "userName"), text_in(document, "externalId")
    if name is None:
        raise invalid("userName is required.")
    try:
        attributes = checked(name, {**({} if user is None else others(user)), **attributes_in(document)})
    except AwsError as error:
        raise invalid(error.message) from None
    email = email_of(attributes)
    holders = () if email is None else request.records.store_users.where("email", fold(email))
    if any(user is None or each.id != user.id for each in holders):
        raise taken(f"A user with the email address {email}")
    known = () if external is None else request.records.store_users.where("external", external)
    if any(user is None or each.id != user.id for each in known):
        raise taken(f"A user with the external id {external}")
    return {
        "name": name,
        "email": email,
        "attributes": dumped(attributes),
        "external_ids": () if external is None else ((request.issuer, external),),
        "enabled": truth(document.get("active", True)),
    }
