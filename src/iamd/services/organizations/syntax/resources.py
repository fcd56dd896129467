"""Policies that settle how services keep resources: EC2, S3, guardrails of Bedrock, the order of upgrades.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_bedrock_syntax.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_upgrade_syntax.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.organizations.inheritance import LIMIT
from iamd.services.organizations.syntax.grammar import Group, Value, Values, assigned, integer, length, like, one_of
from iamd.services.organizations.syntax.places import region

_SWITCH, _PREFERENCE = Value(one_of("enabled", "disabled")), Value(one_of("no_preference", "enabled", "disabled"))
_DAYS = Value(integer(0, 2**31 - 1))
_SHARING = ("unblocked", "block_new_sharing")
_IMAGES = Group(
    {
        "allowed_image_providers": Values(like("[0-9]{12}|amazon|aws_marketplace|aws_backup_vault")),
        "image_names": Values(length(1, 128)),
        "marketplace_product_codes": Values(like("[A-Za-z0-9]{1,25}")),
        "creation_date_condition": Group({"maximum_days_since_created": _DAYS}),
        "deprecation_time_condition": Group({"maximum_days_since_deprecated": _DAYS}),
    }
)
_GATEWAY_BLOCK = Group(
    {"mode": Value(one_of("off", "block_ingress", "block_bidirectional")), "exclusions_allowed": _SWITCH},
    required=frozenset({"mode", "exclusions_allowed"}),
)
EC2 = Group(
    {
        "exception_message": Value(),
        "vpc_block_public_access": Group({"internet_gateway_block": _GATEWAY_BLOCK}),
        "serial_console_access": Group({"status": _SWITCH}),
        "image_block_public_access": Group({"state": Value(one_of(*_SHARING))}),
        "snapshot_block_public_access": Group({"state": Value(one_of(*_SHARING, "block_all_sharing"))}),
        "allowed_images_settings": Group(
            {
                "state": Value(one_of("enabled", "disabled", "audit_mode")),
                "image_criteria": Group(others=_IMAGES, names=like("criteria_([1-9]|10)")),
            }
        ),
        "instance_metadata_defaults": Group(
            {
                "http_tokens": Value(one_of("no_preference", "required", "optional")),
                "http_endpoint": _PREFERENCE,
                "instance_metadata_tags": _PREFERENCE,
                "http_put_response_hop_limit": Value(integer(-1, 64)),
                "http_tokens_enforced": _PREFERENCE,
            }
        ),
    }
)

S3 = Group({"public_access_block_configuration": Value(one_of("all", "none"))})


def _are_of_the_region(name: str, configurations: Mapping[str, Any]) -> bool:
    """Whether the guardrails under a region's name are that region's."""
    named = [assigned(configurations[each], "identifier") for each in configurations.keys() - {LIMIT}]
    return all(identifier is None or identifier.split(":")[3] == name for identifier in named)


_GUARDING = Value(one_of("selective", "comprehensive"))
_MODEL = r"[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}(:[a-z0-9-]{1,63}){0,2}(/[a-z0-9]{12})?"
_MODELS = {"included_models": Values(like(f"ALL|{_MODEL}")), "excluded_models": Values(like(_MODEL))}
_GUARDRAIL = Group(
    {
        "identifier": Value(like("arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+:[1-9][0-9]{0,7}")),
        "input_tags": Value(one_of("honor", "ignore")),
        "selective_content_guarding": Group(
            {"system": _GUARDING, "messages": _GUARDING}, holds=lambda _, content: bool(content.keys() - {LIMIT})
        ),
        "model_enforcement": Group(_MODELS, required=frozenset(_MODELS)),
    },
    required=frozenset({"identifier"}),
)
BEDROCK = Group({"guardrail_inference": Group(others=Group(others=_GUARDRAIL, holds=_are_of_the_region), names=region)})

_ORDER = Group({"patch_order": Value(one_of("first", "second", "last"))})
UPGRADES = Group({"default": _ORDER, "tags": Group(others=Group({"tag_values": Group(others=_ORDER)}))})
