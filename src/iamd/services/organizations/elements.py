"""Which elements the policies have that are merged into effective ones, as far down as AWS documents them.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies-syntax.html and its
neighbours for the other types. Where a type, or a part of it, has no page that lists all of its elements, any will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iamd.services.organizations.inheritance import LIMIT, OPERATORS


@dataclass(frozen=True, slots=True)
class Setting:
    """An element that operators set: to one of the `values`, or to anything where there are none."""

    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """An element with others in it: the `named` ones, of which some are `required`, and as many as one likes of names
    that the policy's author chooses, all of which are `others`."""

    named: Mapping[str, Element] = field(default_factory=dict)
    others: Element | None = None
    required: frozenset[str] = frozenset()


class Unknown:
    """An element of which nothing is known."""


Element = Setting | Group | Unknown

_ANY, _FREE = Unknown(), Setting()


def _one_of(*values: str) -> Setting:
    return Setting(frozenset(values))


_REGIONS = {"enable_in_regions": _FREE, "disable_in_regions": _FREE}
_BOTH = frozenset(_REGIONS)
_SCAN = Group(_REGIONS)
_TAG = Group(dict.fromkeys(("tag_key", "tag_value", "enforced_for", "report_required_tag_for"), _FREE))
_PLAN = Group(
    {
        "rules": Group(others=_ANY),
        "regions": _FREE,
        **dict.fromkeys(("selections", "advanced_backup_settings", "backup_plan_tags", "scan_settings"), _ANY),
    }
)
_BLOCK = ("unblocked", "block_new_sharing")
_EC2 = Group(
    {
        "exception_message": _FREE,
        "vpc_block_public_access": Group(
            {
                "internet_gateway_block": Group(
                    {
                        "mode": _one_of("off", "block_ingress", "block_bidirectional"),
                        "exclusions_allowed": _one_of("enabled", "disabled"),
                    },
                    required=frozenset({"mode", "exclusions_allowed"}),
                )
            }
        ),
        "serial_console_access": Group({"status": _one_of("enabled", "disabled")}),
        "image_block_public_access": Group({"state": _one_of(*_BLOCK)}),
        "snapshot_block_public_access": Group({"state": _one_of(*_BLOCK, "block_all_sharing")}),
        "allowed_images_settings": Group(
            {"state": _one_of("enabled", "disabled", "audit_mode"), "image_criteria": Group(others=_ANY)}
        ),
        "instance_metadata_defaults": Group(
            {
                "http_tokens": _one_of("no_preference", "required", "optional"),
                "http_endpoint": _one_of("no_preference", "enabled", "disabled"),
                "instance_metadata_tags": _one_of("no_preference", "enabled", "disabled"),
                "http_put_response_hop_limit": _FREE,
                "http_tokens_enforced": _one_of("no_preference", "enabled", "disabled"),
            }
        ),
    }
)
_INSPECTOR = Group(
    {
        "ec2_scanning": _SCAN,
        "ecr_scanning": _SCAN,
        "lambda_standard_scanning": Group({**_REGIONS, "lambda_code_scanning": _SCAN}),
        "code_repository_scanning": _SCAN,
    }
)
_TOP: Mapping[str, Mapping[str, Element]] = {
    "TAG_POLICY": {"tags": Group(others=_TAG)},
    "BACKUP_POLICY": {"plans": Group(others=_PLAN)},
    "AISERVICES_OPT_OUT_POLICY": {"services": Group(others=Group({"opt_out_policy": _one_of("optIn", "optOut")}))},
    "CHATBOT_POLICY": {"chatbots": _ANY},
    "DECLARATIVE_POLICY_EC2": {"ec2_attributes": _EC2},
    "SECURITYHUB_POLICY": {
        "securityhub": Group({**_REGIONS, "features": Group(others=Group(_REGIONS, required=_BOTH))}, required=_BOTH)
    },
    "INSPECTOR_POLICY": {"inspector": Group({"enablement": _INSPECTOR})},
    "BEDROCK_POLICY": {"bedrock": _ANY},
    "S3_POLICY": {"s3_attributes": _ANY},
}


def fits(type_: str, document: dict[str, Any]) -> bool:
    """Whether a well-formed document has the elements of its type, and values that there are."""
    top = _TOP.get(type_)
    return top is None or _fits(Group(top, required=frozenset(top)), document)


def _fits(element: Element, node: dict[str, Any]) -> bool:
    if isinstance(element, Unknown):
        return True
    set_ = [operator for operator in OPERATORS if operator in node]
    if isinstance(element, Setting):
        inner = node.keys() - {*OPERATORS, LIMIT}
        return not inner and all(_may_be(element, node[operator]) for operator in set_)
    names = node.keys() - {LIMIT}
    if set_ or not element.required <= names:
        return False
    found = ((element.named.get(name, element.others), node[name]) for name in names)
    return all(known is not None and _fits(known, inner) for known, inner in found)


def _may_be(setting: Setting, value: Any) -> bool:
    given = value if isinstance(value, list) else [value]
    return not setting.values or all(isinstance(each, str) and each in setting.values for each in given)
