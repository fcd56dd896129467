"""Policies that switch on services which look for weaknesses and attacks, region by region.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_security_hub_syntax.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inspector_syntax.html,
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_guardduty_syntax.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_network_security_director_syntax.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.organizations.inheritance import LIMIT
from iamd.services.organizations.syntax.grammar import Group, Value, assigned, one_of
from iamd.services.organizations.syntax.places import BOTH, LISTS, region

_SCAN = Group(LISTS, required=BOTH)

SECURITY_HUB = Group({**LISTS, "features": Group(others=_SCAN)}, required=BOTH)

INSPECTOR = Group(
    {
        "enablement": Group(
            {
                "ec2_scanning": _SCAN,
                "ecr_scanning": _SCAN,
                "lambda_standard_scanning": Group({**LISTS, "lambda_code_scanning": _SCAN}, required=BOTH),
                "code_repository_scanning": _SCAN,
            }
        )
    }
)

NETWORK_SECURITY_DIRECTOR = Group({"enablement": Group({"network_security_scan": Group(LISTS)})})


def _rests_on_the_foundation(_: str, block: Mapping[str, Any]) -> bool:
    """Whether the foundational feature is on wherever another one is."""
    on = {name for name in block.keys() - {LIMIT} if assigned(block[name], "status") == "enabled"}
    return not on or "foundational" in on


_STATUS = {"status": Value(one_of("enabled", "disabled"))}
_FEATURE = Group(_STATUS)
_AGENTS = Group(
    dict.fromkeys(("eks_addon_management", "ec2_agent_management", "ecs_fargate_agent_management"), _FEATURE)
)
_PLAIN = ("foundational", "s3_data_events", "eks_audit_logs", "ebs_malware_protection", "rds_login_events")
_BLOCK = Group(
    {
        **dict.fromkeys((*_PLAIN, "lambda_network_logs", "ai_protection"), _FEATURE),
        "runtime_monitoring": Group({**_STATUS, "additional_configuration": _AGENTS}),
    },
    holds=_rests_on_the_foundation,
)
GUARDDUTY = Group(
    {
        "enablement": Group(
            others=_BLOCK,
            names=lambda name: name == "default" or region(name),
            least=1,
        )
    },
    required=frozenset({"enablement"}),
)
