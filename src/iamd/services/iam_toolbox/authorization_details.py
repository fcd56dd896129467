"""What became of a request that was denied: which policies were asked, what each said, and their text at that time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json

from iamd.guard.denials import Denial, needed, restored
from iamd.guard.target import Target, nothing
from iamd.services.call import Call, Realm, Reply
from iamd.services.iam_toolbox.api import iam_toolbox
from iamd.services.iam_toolbox.views import evaluation, shared_context, used_policies
from iamd.services.invocation import permitted
from iamd.wire.errors import ResourceNotFoundException


async def kept(call: Call, *, authorization_id: str) -> Denial | None:
    """The denial of that id, if it is one of the caller's account or organization; looked up for those who may."""
    permitted(call)
    return await found(call.realm, call.account_id, authorization_id)


async def found(realm: Realm, account_id: str, authorization_id: str) -> Denial | None:
    """The denial of that id, if it is one of that account or of its organization."""
    kept = await realm.store.denial(authorization_id, needed)
    if kept is None or not is_ours(realm, account_id, kept.account_id):
        return None
    return restored(authorization_id, kept.record, kept.documents)


def is_ours(realm: Realm, asking: str, account_id: str) -> bool:
    """Whether an account is the one that asks, or one of its organization."""
    organization_of = realm.store.organization_of
    ours = organization_of(asking)
    return account_id == asking or (ours is not None and organization_of(account_id) == ours)


def any_denial(call: Call) -> Target[None]:
    return nothing()


@iam_toolbox.operation(on=any_denial, prepare=kept)
def get_request_authorization_details(call: Call, _: None, *, next_token: str | None = None) -> Reply:
    """Explain a denial of the last day by its authorization id, also when caller or policies are gone."""
    denial = _found(call)
    if next_token is not None:
        raise ResourceNotFoundException("The next token is invalid.")  # one evaluation is all there is
    return {
        "requestContext": shared_context(denial),
        "evaluations": [evaluation(denial)],
        "policies": [policy.view() for policy in used_policies(denial)],
    }


@iam_toolbox.operation(on=any_denial, prepare=kept)
def get_request_authorization_policy(call: Call, _: None, *, policy_uri: str) -> Reply:
    """The text of one of its policies, as it was then."""
    for policy in used_policies(_found(call)):
        if policy.uri == policy_uri:
            return {"policyDocument": json.loads(policy.attached.policy.document.text)}
    raise ResourceNotFoundException(f"The policy {policy_uri[:256]} was not asked.")


def _found(call: Call) -> Denial:
    denial: Denial | None = call.prepared
    if denial is None:
        raise ResourceNotFoundException("No authorization details were found for this authorization id.")
    return denial
