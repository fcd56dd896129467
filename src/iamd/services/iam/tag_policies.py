"""Tag policies of the organization in force: what tags may be given to resources that they are enforced for.

Of the resources of IAM, AWS enforces them for those that are asked about here; users and roles are not among them.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_supported-resources-enforcement.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamd.services.call import Call
from iamd.services.organizations.effective import effective
from iamd.store.image import Records
from iamd.store.kinds.organizations import Member, Organization
from iamd.wire.errors import InvalidInput, ServiceUnavailable

_TYPE = "TAG_POLICY"


def conform(call: Call, kind: str, tags: Iterable[Mapping[str, str]] | None) -> None:
    """Check that tags that a request gives to a resource of IAM (`policy`) are as the account's effective tag policy wants
    them: keys spelled as it spells them, or in lower case, with values that it lists.

    Raises InvalidInput: AWS's sentence; the code is not documented for IAM.
    """
    management_id = call.records.account.organization
    if not tags or management_id is None:
        return
    enforced = _enforced(call, management_id, kind)
    for tag in tags:
        rule = enforced.get(tag["Key"].lower())
        if rule is not None and not _conforms(rule, tag["Key"], tag["Value"]):
            said = f"The tag policy does not allow the specified value for the following tag key: '{tag['Key']}'."
            raise InvalidInput(said)


def _enforced(call: Call, management_id: str, kind: str) -> dict[str, Any]:
    """What the effective policy says of tags on that kind of resource, by the key in lower case."""
    records: Records | None = call.records if management_id == call.account_id else call.realm.records(management_id)
    organization: Organization | None = None if records is None else records.organizations.get(management_id)
    member: Member | None = None if records is None else records.members.get(call.account_id)
    if records is None or organization is None or member is None:
        raise ServiceUnavailable()
    found = effective(records, organization, member, _TYPE)
    tags: dict[str, Any] = {} if found is None else found.content.get("tags", {})
    names = {f"iam:{kind}", "iam:*", "iam:ALL_SUPPORTED"}
    return {key: rule for key, rule in tags.items() if names & set(rule.get("enforced_for", ()))}


def _conforms(rule: Mapping[str, Any], key: str, value: str) -> bool:
    spelled = key == rule.get("tag_key", key.lower())
    return spelled and any(_matches(allowed, value) for allowed in rule["tag_value"])


def _matches(allowed: str, value: str) -> bool:
    """Whether a value is the allowed one, in which one `*` may stand for anything."""
    start, star, end = allowed.partition("*")
    if not star:
        return value == allowed
    return len(value) >= len(start) + len(end) and value.startswith(start) and value.endswith(end)
