"""The context keys that policies ask for, so that a simulation can be given them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamd.guard.target import Target, nothing
from iamd.policy import MalformedPolicy
from iamd.policy.context_keys import context_keys
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.identities import Identity
from iamd.services.iam.sources import boundary_of, policies_of, policy_source
from iamd.wire.errors import InvalidInput


def given_policies(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=given_policies)
def get_context_keys_for_custom_policy(call: Call, _: None, *, policy_input_list: Sequence[str]) -> Reply:
    """Tell the keys of policies, as spelled; those of one document once, of several as often as they name them."""
    return _told(policy_input_list)


@iam.operation(on=policy_source)
def get_context_keys_for_principal_policy(
    call: Call, source: Identity, *, policy_input_list: Sequence[str] = ()
) -> Reply:
    """Tell the keys of the policies that a user, group or role has, its boundary among them, and of further ones."""
    own = [policy.document for policy in policies_of(call.records, source)]
    boundary = boundary_of(call.records, source)
    return _told([*policy_input_list, *own, *([] if boundary is None else [boundary.document])])


def _told(documents: Iterable[str]) -> Reply:
    try:
        return {"ContextKeyNames": [key for document in documents for key in context_keys(document)]}
    except MalformedPolicy as error:
        raise InvalidInput(str(error)) from None
