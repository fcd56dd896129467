"""The elements of policies of each type that are merged into effective ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.organizations.syntax.backup import PLANS
from iamd.services.organizations.syntax.chat import CHATBOT
from iamd.services.organizations.syntax.grammar import Element, Group, Value, Values, assigned, fits, like, one_of
from iamd.services.organizations.syntax.resources import BEDROCK, EC2, S3, UPGRADES
from iamd.services.organizations.syntax.security import (
    GUARDDUTY,
    INSPECTOR,
    NETWORK_SECURITY_DIRECTOR,
    SECURITY_HUB,
)


def _has_own_key(name: str, tag: Mapping[str, Any]) -> bool:
    """Whether the key of a tag is its name in the policy, but for upper and lower case."""
    key = assigned(tag, "tag_key")
    return key is None or key.lower() == name.lower()


def _are_distinct(_: str, tags: Mapping[str, Any]) -> bool:
    return len({key.lower() for key in tags}) == len(tags)


# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies-syntax.html
_RESOURCES = Values(like("[a-z0-9-]+:[A-Za-z0-9*/_.-]+"))
_TAG = Group(
    {
        "tag_key": Value(),
        "tag_value": Values(lambda value: value.count("*") <= 1),
        "enforced_for": _RESOURCES,
        "report_required_tag_for": _RESOURCES,
    },
    holds=_has_own_key,
)

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ai-opt-out_syntax.html
# Its list of services grows; any will do.
_SERVICE = Group({"opt_out_policy": Value(one_of("optIn", "optOut"))})

_TOP: Mapping[str, Mapping[str, Element]] = {
    "TAG_POLICY": {"tags": Group(others=_TAG, names=bool, holds=_are_distinct)},
    "BACKUP_POLICY": {"plans": PLANS},
    "AISERVICES_OPT_OUT_POLICY": {"services": Group(others=_SERVICE)},
    "CHATBOT_POLICY": {"chatbot": CHATBOT},
    "DECLARATIVE_POLICY_EC2": {"ec2_attributes": EC2},
    "SECURITYHUB_POLICY": {"securityhub": SECURITY_HUB},
    "INSPECTOR_POLICY": {"inspector": INSPECTOR},
    "UPGRADE_ROLLOUT_POLICY": {"upgrade_rollout": UPGRADES},
    "BEDROCK_POLICY": {"bedrock": BEDROCK},
    "S3_POLICY": {"s3_attributes": S3},
    "NETWORK_SECURITY_DIRECTOR_POLICY": {"network_security_director": NETWORK_SECURITY_DIRECTOR},
    "GUARDDUTY_POLICY": {"guardduty": GUARDDUTY},
}

_FOLDING = frozenset({"CHATBOT_POLICY", "S3_POLICY"})
"""Types whose elements are the same in upper and lower case (seen of live AWS)."""

LOWERED = _FOLDING | {"TAG_POLICY"}
"""Types whose names are in lower case in effective policies (seen of live AWS)."""

TEXTS = frozenset({"BACKUP_POLICY", "CHATBOT_POLICY", "TAG_POLICY"})
"""Types whose values are texts in effective policies, whatever they were written as (seen of live AWS)."""


def is_of_type(type_: str, document: dict[str, Any]) -> bool:
    """Whether a well-formed document has the elements of its type, and values that there are. Of a type without an
    entry (newer ones, and that of Security Hub CSPM) any will do."""
    top = _TOP.get(type_)
    fold = str.lower if type_ in _FOLDING else str
    return top is None or fits(Group(top, required=frozenset(top)), document, fold=fold)
