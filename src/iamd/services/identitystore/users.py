"""Users of an identity store.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html and its neighbours
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.identitystore import quotas
from iamd.services.identitystore.alternatives import by_alternative
from iamd.services.identitystore.api import identitystore
from iamd.services.identitystore.attributes import attributes_of, changed, checked, dumped, email_of, view
from iamd.services.identitystore.held import USERS, Held, also_store, existing_user
from iamd.services.identitystore.listing import Listed, all_of, also_listed, listing
from iamd.services.identitystore.stores import changed_fields, existing_store, new_fields, require_revision, taken
from iamd.services.sso_admin.center import Center
from iamd.store.kind import Taken
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import fold
from iamd.wire.errors import ValidationException

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user that is to be added to a store, with attributes by the model's names, not checked yet."""

    center: Center
    name: str | None
    attributes: Given


def every_user(call: Call, *, identity_store_id: str) -> Target[Listed]:
    return all_of(call, identity_store_id, "user")


def user_by_alternative(
    call: Call, *, identity_store_id: str, alternate_identifier: Mapping[str, Any]
) -> Target[Held[StoreUser]]:
    """The user with that user name, address or external id."""

    def by_attribute(center: Center, path: str, value: str) -> StoreUser | None:
        users = center.records.store_users
        if path == "username":
            return users.named(value)
        if path == "emails.value":
            return next(iter(users.where("email", fold(value))), None)
        raise ValidationException("The attribute paths userName and emails.value are supported.")

    return by_alternative(call, USERS, identity_store_id, alternate_identifier, by_attribute)


def require_free_address(call: Call, center: Center, email: str | None, owner: StoreUser | None = None) -> None:
    """Raise ConflictException for an address that another user has."""
    holders = () if email is None else center.records.store_users.where("email", fold(email))
    if any(owner is None or holder.id != owner.id for holder in holders):
        raise taken(call, "Duplicate Email")


def new_user(
    call: Call,
    *,
    identity_store_id: str,
    user_name: str | None = None,
    name: Given | None = None,
    display_name: str | None = None,
    nick_name: str | None = None,
    profile_url: str | None = None,
    emails: Sequence[Given] | None = None,
    addresses: Sequence[Given] | None = None,
    phone_numbers: Sequence[Given] | None = None,
    user_type: str | None = None,
    title: str | None = None,
    preferred_language: str | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    photos: Sequence[Given] | None = None,
    website: str | None = None,
    birthdate: str | None = None,
    roles: Sequence[Given] | None = None,
    extensions: Given | None = None,
) -> Target[NewUser]:
    """What is to be added to a store, by the model's names."""
    store = existing_store(call, identity_store_id=identity_store_id)
    given: Given = {
        "Name": name, "DisplayName": display_name, "NickName": nick_name, "ProfileUrl": profile_url, "Emails": emails,
        "Addresses": addresses, "PhoneNumbers": phone_numbers, "UserType": user_type, "Title": title,
        "PreferredLanguage": preferred_language, "Locale": locale, "Timezone": timezone, "Photos": photos,
        "Website": website, "Birthdate": birthdate, "Roles": roles, "Extensions": extensions,
    }  # fmt: skip
    attributes = {key: value for key, value in given.items() if value is not None}
    new = NewUser(store.value, user_name, attributes)
    return Target(store.arn, new, missing=store.missing, context=store.context)


@identitystore.operation(on=new_user)
def create_user(call: Call, new: NewUser) -> Reply:
    """Add a user; names and addresses are unique, whatever their case. A password is no matter of this API."""
    center, users = new.center, new.center.records.store_users
    if new.name is None:
        raise ValidationException("userName is a required attribute")
    attributes = checked(new.name, new.attributes)
    quotas.check(call, len(users), quotas.USERS, "users")
    email = email_of(attributes)
    require_free_address(call, center, email)
    user = StoreUser(
        **new_fields(center, call.caller.arn, call.now), name=new.name, email=email, attributes=dumped(attributes)
    )
    try:
        users.add(user)
    except Taken:
        raise taken(call, "Duplicate UserName") from None
    return summary(center, user)


def summary(center: Center, user: StoreUser) -> Reply:
    """What is answered of a user that was changed."""
    return {**USERS.ids(center, user), "Revision": str(user.revision)}


@identitystore.operation(on=existing_user, also=also_store)
def describe_user(call: Call, held: Held[StoreUser], *, extensions: list[str] | None = None) -> Reply:
    """The user of that id."""
    return view(held.record, held.center.instance.store_id, extensions or ())


@identitystore.operation(on=user_by_alternative, also=also_store)
def get_user_id(call: Call, held: Held[StoreUser]) -> Reply:
    """The id of a user that is known by something else that is unique."""
    return USERS.ids(held.center, held.record)


@identitystore.operation(on=every_user, also=also_listed)
def list_users(
    call: Call,
    listed: Listed,
    *,
    extensions: list[str] | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    filters: list[dict[str, str]] | None = None,
) -> Reply:
    """List the users by name, or the one of that name."""
    return listing(
        "Users",
        listed.center.records.store_users,
        lambda user: view(user, listed.center.instance.store_id, extensions or ()),
        "UserName",
        filters,
        next_token,
        max_results,
    )


@identitystore.operation(on=existing_user, also=also_store)
def update_user(
    call: Call, held: Held[StoreUser], *, operations: list[dict[str, Any]], revision: str | None = None
) -> Reply:
    """Change attributes by path, all or none; a value that is left out removes what is there."""
    user, users = held.record, held.center.records.store_users
    require_revision(call, user.revision, revision)
    name, enabled, attributes = user.name, user.enabled, attributes_of(user)
    for operation in operations:
        path, value = operation["AttributePath"], operation.get("AttributeValue")
        if path.lower() == "username":
            name = _text(path, value)
        elif path.lower() == "userstatus":
            enabled = _text(path, value, "ENABLED", "DISABLED") == "ENABLED"
        else:
            attributes = changed(attributes, path, value)
    attributes = checked(name, attributes)
    email = email_of(attributes)
    require_free_address(call, held.center, email, user)
    change = {"name": name, "email": email, "attributes": dumped(attributes), "enabled": enabled}
    try:
        user = users.replace(user, **changed_fields(user.revision, call.caller.arn, call.now), **change)
    except Taken:
        raise taken(call, "Duplicate UserName") from None
    return summary(held.center, user)


def _text(path: str, value: Any, *choices: str) -> str:
    """The value, which cannot be left out; raises ValidationException."""
    if not isinstance(value, str) or (choices and value not in choices):
        raise ValidationException(f"{path} is a required attribute{' of ' if choices else ''}{' or '.join(choices)}")
    return value


@identitystore.operation(on=existing_user, also=also_store)
def delete_user(call: Call, held: Held[StoreUser], *, revision: str | None = None) -> Reply:
    """Remove a user from the store and from its groups. Assignments go on naming it, and mean nothing, as on AWS."""
    require_revision(call, held.record.revision, revision)
    remove_user(held.center, held.record)
    return {}


def remove_user(center: Center, user: StoreUser) -> None:
    """Remove a user and all that is the user's in the store: memberships, password, devices, sessions."""
    records = center.records
    password = records.portal_passwords.get(user.id)
    if password is not None:
        records.portal_passwords.remove(password)
    for belongings in (records.store_memberships, records.portal_devices, records.portal_sessions):
        for each in belongings.where("user", user.id):
            belongings.remove(each)
    records.store_users.remove(user)
