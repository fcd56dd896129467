"""SSH public keys, with which users authenticate to CodeCommit."""

from __future__ import annotations

from typing import Any, Literal

from iamd.caller.ids import access_key_id
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.ssh_keys import encoded, fingerprint, normalized
from iamd.services.iam.statuses import is_active, status_of
from iamd.services.iam.users import existing_user, named_user_or_caller
from iamd.services.paging import page_of
from iamd.store.kinds.credentials import SshPublicKey
from iamd.store.records import User
from iamd.wire.errors import DuplicateSSHPublicKey, NoSuchEntity


def key_of(call: Call, user: User, key_id: str) -> SshPublicKey:
    """The user's key; raises NoSuchEntity, also for a key of someone else."""
    key: SshPublicKey | None = call.records.ssh_public_keys.get(key_id)
    if key is None or key.owner_id != user.id:
        raise NoSuchEntity(f"User has no Public Key with id {key_id}.")
    return key


def summary(key: SshPublicKey, user: User) -> dict[str, Any]:
    """A key as lists show it: without its body."""
    return {
        "UserName": user.name,
        "SSHPublicKeyId": key.id,
        "Status": status_of(key.active),
        "UploadDate": key.uploaded,
    }


def detail(key: SshPublicKey, user: User, body: str) -> dict[str, Any]:
    """A key as it is shown alone, its body in some encoding."""
    return {**summary(key, user), "Fingerprint": fingerprint(key.body), "SSHPublicKeyBody": body}


@iam.operation(on=existing_user)
def upload_ssh_public_key(call: Call, user: User, *, ssh_public_key_body: str) -> Reply:
    """Add a public key, in either encoding, to a user's; several users may have the same (seen of live AWS).

    The answer repeats the body as it was sent. Raises UnrecognizedPublicKeyEncoding, InvalidPublicKey,
    DuplicateSSHPublicKey, LimitExceeded.
    """
    keys, body = call.records.ssh_public_keys, normalized(ssh_public_key_body)
    present = keys.where("owner", user.id)
    if any(key.body == body for key in present):
        raise DuplicateSSHPublicKey("Duplicate SSH public key uploaded.")
    quotas.check(len(present), quotas.SSH_PUBLIC_KEYS_PER_USER, "PublicKeysPerUser")
    # Seen of live AWS: like an access key's, the id has 20 characters and carries the account.
    key_id = access_key_id(call.account_id, "APKA")
    key = keys.add(SshPublicKey(call.account_id, key_id, user.id, body, call.now))
    return {"SSHPublicKey": detail(key, user, ssh_public_key_body)}


@iam.operation(on=existing_user)
def get_ssh_public_key(call: Call, user: User, *, ssh_public_key_id: str, encoding: Literal["SSH", "PEM"]) -> Reply:
    """Show a user's key in an encoding; a comment that was uploaded with it is gone."""
    key = key_of(call, user, ssh_public_key_id)
    return {"SSHPublicKey": detail(key, user, encoded(key.body, encoding))}


@iam.operation(on=named_user_or_caller)
def list_ssh_public_keys(call: Call, user: User, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the keys of a user, or of the caller."""
    keys = call.records.ssh_public_keys.where("owner", user.id)
    return page_of("SSHPublicKeys", keys, lambda key: key.id, lambda key: summary(key, user), marker, max_items)


@iam.operation(on=existing_user)
def update_ssh_public_key(call: Call, user: User, *, ssh_public_key_id: str, status: str) -> None:
    """Activate or deactivate a key."""
    key = key_of(call, user, ssh_public_key_id)
    call.records.ssh_public_keys.replace(key, active=is_active(status))


@iam.operation(on=existing_user)
def delete_ssh_public_key(call: Call, user: User, *, ssh_public_key_id: str) -> None:
    """Delete a key for good."""
    call.records.ssh_public_keys.remove(key_of(call, user, ssh_public_key_id))
