"""Who has a managed policy."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.identities import Identity, identity_of, noun
from iamd.services.iam.managed_policies import existing_policy
from iamd.services.iam.policies import Policy
from iamd.services.paging import page_of
from iamd.store.image import Records
from iamd.store.records import fold


@iam.operation(on=existing_policy)
def list_entities_for_policy(
    call: Call,
    policy: Policy,
    *,
    entity_filter: str | None = None,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> Reply:
    """List the groups, roles and users that have a policy attached or as their boundary; each once."""

    def wanted(identity: Identity) -> bool:
        kind = entity_filter is None or entity_filter.lower() == noun(identity)
        return kind and identity.path.startswith(path_prefix)

    holders = {h.id: h for h in _holders(call.records, policy.arn, policy_usage_filter) if wanted(h)}
    answer = page_of("Entities", holders.values(), _key, lambda identity: identity, marker, max_items)
    shown: list[Identity] = answer.pop("Entities")
    return {
        **answer,
        "PolicyGroups": _views("Group", shown),
        "PolicyRoles": _views("Role", shown),
        "PolicyUsers": _views("User", shown),
    }


def _holders(records: Records, arn: str, usage_filter: str | None) -> Iterator[Identity]:
    if usage_filter != "PermissionsBoundary":
        for attachment in records.attachments.where("policy", arn):
            yield identity_of(records, attachment.owner_id)
    if usage_filter != "PermissionsPolicy":
        yield from records.users.where("boundary", arn)
        yield from records.roles.where("boundary", arn)


def _key(identity: Identity) -> str:
    return f"{noun(identity)}/{fold(identity.name)}"


def _views(kind: str, identities: list[Identity]) -> list[dict[str, str]]:
    return [
        {f"{kind}Name": identity.name, f"{kind}Id": identity.id}
        for identity in identities
        if noun(identity) == kind.lower()
    ]
