"""Who calls, and whose an access key is."""

from __future__ import annotations

from iamd.caller.ids import account_of
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Reply
from iamd.services.sts.api import sts
from iamd.wire.errors import ValidationError


def no_resource(call: Call) -> Target[None]:
    return nothing()


@sts.operation(on=no_resource)
def get_caller_identity(call: Call, _: None) -> Reply:
    """Tell the caller who it is; nobody is refused, whatever policies say."""
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}


@sts.operation(on=no_resource)
def get_access_key_info(call: Call, _: None, *, access_key_id: str) -> Reply:
    """Tell the account of an access key, long-term or temporary, whether it exists or not.

    The account is read from the id itself, unless the store knows the key; ids from before AWS put the account into
    them tell nothing, and are refused like malformed ones.
    """
    account_id = call.realm.store.account_of_key(access_key_id) or account_of(access_key_id)
    if account_id is None:
        raise ValidationError(f"{access_key_id} is not a valid access key id")
    return {"Account": account_id}
