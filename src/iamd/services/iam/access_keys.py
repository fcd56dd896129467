"""Access keys of users and of the root user."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from iamd.caller.ids import access_key_id as new_access_key_id
from iamd.caller.ids import secret_access_key
from iamd.guard.target import Target, found, missing
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.statuses import is_active, status_of
from iamd.services.iam.users import user_or_root
from iamd.services.paging import page_of
from iamd.store.records import AccessKey, Account, User
from iamd.wire.errors import AccessDenied, NoSuchEntity

NEVER = "N/A"


def key_with_owner(call: Call, *, access_key_id: str) -> Target[Any]:
    """The access key of that id, decided on as the user who has it."""
    key = call.records.access_keys.get(access_key_id)
    label = f"access key {access_key_id}"
    if key is None:
        # AWS tells nobody which keys exist: the operation has no NoSuchEntity.
        denial = f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {label}"
        return missing("*", AccessDenied(denial), label)
    user = call.records.users.get(key.owner_id)
    owner: Target[Any] = found(call.records.account if user is None else user)
    return structs.replace(owner, value=key, label=label)  # whose it is, is not told either


def owner_name(owner: User | Account) -> str | None:
    """The name that answers give the owner: the root user's is the account's alias, if it has one."""
    return owner.name if isinstance(owner, User) else owner.alias


def owner_id(owner: User | Account) -> str:
    return owner.id if isinstance(owner, User) else owner.account_id


def key_of(call: Call, owner: User | Account, access_key_id: str) -> AccessKey:
    """The owner's access key; raises NoSuchEntity, also for a key of someone else."""
    key: AccessKey | None = call.records.access_keys.get(access_key_id)
    if key is None or key.owner_id != owner_id(owner):
        raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
    return key


def metadata(key: AccessKey, name: str | None) -> dict[str, Any]:
    """An access key without its secret."""
    return {
        "UserName": name,
        "AccessKeyId": key.id,
        "Status": status_of(key.active),
        "CreateDate": key.created,
    }


@iam.operation(on=user_or_root)
def create_access_key(call: Call, owner: User | Account) -> Reply:
    """Create an access key for a user, or for the caller itself; its secret is told this once."""
    keys, user_id = call.records.access_keys, owner_id(owner)
    quotas.check(keys.count("owner", user_id), quotas.ACCESS_KEYS_PER_USER, "AccessKeysPerUser")
    key_id, secret = new_access_key_id(call.account_id), secret_access_key()
    sealed = call.realm.sealer.seal(secret.encode(), key_id.encode())
    key = keys.add(AccessKey(call.account_id, key_id, user_id, sealed, call.now))
    return {"AccessKey": {**metadata(key, owner_name(owner)), "SecretAccessKey": secret}}


@iam.operation(on=user_or_root)
def list_access_keys(
    call: Call, owner: User | Account, *, marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the access keys of a user, or of the caller itself."""
    keys, name = call.records.access_keys.where("owner", owner_id(owner)), owner_name(owner)
    return page_of("AccessKeyMetadata", keys, lambda key: key.id, lambda key: metadata(key, name), marker, max_items)


@iam.operation(on=user_or_root)
def update_access_key(call: Call, owner: User | Account, *, access_key_id: str, status: str) -> None:
    """Activate or deactivate an access key."""
    key = key_of(call, owner, access_key_id)
    call.records.access_keys.replace(key, active=is_active(status))


@iam.operation(on=user_or_root)
def delete_access_key(call: Call, owner: User | Account, *, access_key_id: str) -> None:
    """Delete an access key for good."""
    call.records.access_keys.remove(key_of(call, owner, access_key_id))


@iam.operation(on=key_with_owner)
def get_access_key_last_used(call: Call, key: AccessKey) -> Reply:
    """Tell when, where and with which service a key was last used; region and service are `N/A` before."""
    user = call.records.users.get(key.owner_id)
    usage = call.realm.store.last_used(call.account_id, key.id)
    if usage is None:
        used: dict[str, Any] = {"ServiceName": NEVER, "Region": NEVER}
    else:
        used = {"LastUsedDate": usage.time, "ServiceName": usage.service, "Region": usage.region}
    return {"UserName": user.name if user else None, "AccessKeyLastUsed": used}
