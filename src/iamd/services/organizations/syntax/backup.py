"""Backup policies: plans with rules, regions and selections.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
What a plan needs to have is asked of the effective policy, which several policies may make together
(`effective_errors.py`); here, of each policy alone, what AWS was seen to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.services.organizations.syntax.grammar import (
    Group,
    Value,
    Values,
    assigned,
    integer,
    length,
    like,
    one_of,
)
from iamd.services.organizations.syntax.places import region

PITR_DAYS = 35
"""How long continuous backups are kept at most."""
COLD_DAYS = 90
"""How long a backup stays in cold storage at least."""

_PARTITION = "arn:aws(-us-gov|-cn)?"
_NAME, _VAULT = like("[A-Za-z0-9_.-]{1,50}"), "[A-Za-z0-9_-]{1,50}"
_ROLE = Value(like(rf"{_PARTITION}:iam::\$account:role/[A-Za-z0-9_+=,.@/-]+"))
_COPY = like(rf"{_PARTITION}:backup:[a-z0-9-]+:(\$account|[0-9]{{12}}):backup-vault:{_VAULT}")
_TRUTH, _SWITCH = Value(one_of("true", "false")), Value(one_of("enabled", "disabled"))
_MINUTES, _DAYS = Value(integer(60, 10**16 - 1)), Value(integer(1, 10**16 - 1))
_KEY, _TAG_VALUE = Value(length(1, 128)), Value(length(0, 256))
_RESOURCES = like(
    rf"\*|{_PARTITION}:(backup-gateway:\*:\*:vm/\*|cloudformation:\*:\*:stack/\*|dynamodb:\*:\*:table/\*"
    r"|ec2:\*:\*:(instance|volume)/\*|elasticfilesystem:\*:\*:file-system/\*|rds:\*:\*:(cluster|db):\*"
    r"|redshift:\*:\*:cluster:\*|s3:::\*|ssm-sap:\*:\*:HANA/\*|storagegateway:\*:\*:gateway/\*"
    r"|timestream:\*:\*:database/\*|fsx:\*:\*:(file-system|volume)/\*)"
)


def days(lifecycle: Any, name: str) -> int | None:
    """A number of days that a lifecycle assigns; None when it assigns none."""
    value = assigned(lifecycle, name)
    return int(value) if value is not None and value.isdecimal() else None


def _is_cold_long_enough(_: str, lifecycle: Mapping[str, Any]) -> bool:
    if assigned(lifecycle, "opt_in_to_archive_for_supported_resources") != "true":
        return True
    moved, deleted = days(lifecycle, "move_to_cold_storage_after_days"), days(lifecycle, "delete_after_days")
    return moved is not None and deleted is not None and deleted - moved >= COLD_DAYS


def _is_continuous_as_may_be(_: str, rule: Mapping[str, Any]) -> bool:
    if assigned(rule, "enable_continuous_backup") != "true":
        return True
    lifecycle = rule.get("lifecycle")
    kept = days(lifecycle, "delete_after_days")
    return kept is not None and kept <= PITR_DAYS and days(lifecycle, "move_to_cold_storage_after_days") is None


def _has_own_key(name: str, tag: Mapping[str, Any]) -> bool:
    key = assigned(tag, "tag_key")
    return key is None or key.lower() == name.lower()


_TAGS = Group(
    others=Group(
        {"tag_key": _KEY, "tag_value": _TAG_VALUE}, required=frozenset({"tag_key", "tag_value"}), holds=_has_own_key
    )
)
_LIFECYCLE = Group(
    {
        "move_to_cold_storage_after_days": _DAYS,
        "delete_after_days": _DAYS,
        "opt_in_to_archive_for_supported_resources": _TRUTH,
    },
    holds=_is_cold_long_enough,
)
_COPY_ACTION = Group(
    {"target_backup_vault_arn": Value(_COPY), "lifecycle": _LIFECYCLE}, required=frozenset({"target_backup_vault_arn"})
)
_RULE = Group(
    {
        "schedule_expression": Value(like(r"(cron|rate)\([^()]+\)")),
        "target_backup_vault_name": Value(like(_VAULT)),
        "target_logically_air_gapped_backup_vault_arn": Value(
            like(rf"{_PARTITION}:backup:\$region:\$account:backup-vault:{_VAULT}")
        ),
        "start_backup_window_minutes": _MINUTES,
        "complete_backup_window_minutes": _MINUTES,
        "enable_continuous_backup": _TRUTH,
        "lifecycle": _LIFECYCLE,
        "copy_actions": Group(others=_COPY_ACTION, names=_COPY),
        "recovery_point_tags": _TAGS,
        "index_actions": Group({"resource_types": Values(one_of("EBS", "S3"), least=1)}),
        "scan_actions": Group({"GUARDDUTY": Group({"scan_mode": Value(one_of("INCREMENTAL_SCAN", "FULL_SCAN"))})}),
    },
    holds=_is_continuous_as_may_be,
)
_CONDITION = Group(
    {"condition_key": _KEY, "condition_value": _TAG_VALUE}, required=frozenset({"condition_key", "condition_value"})
)
_OPERATORS = ("string_equals", "string_not_equals", "string_like", "string_not_like")
_CONDITIONS = Group(dict.fromkeys(_OPERATORS, Group(others=_CONDITION, names=_NAME)))
_BY_TAG = Group(
    {
        "iam_role_arn": _ROLE,
        "tag_key": _KEY,
        "tag_value": Values(length(0, 256), least=1),
        "conditions": _CONDITIONS,
    },
    required=frozenset({"tag_key", "tag_value"}),
)
_BY_RESOURCE = Group(
    {
        "iam_role_arn": _ROLE,
        "resource_types": Values(_RESOURCES, least=1),
        "not_resource_types": Values(_RESOURCES, least=1),
        "conditions": _CONDITIONS,
    },
    holds=lambda _, selection: bool({"resource_types", "conditions"} & selection.keys()),
)
_SCANNER = Group(
    {"resource_types": Values(one_of("EBS", "EC2", "S3", "ALL"), least=1), "scanner_role_arn": _ROLE},
)
PLAN = Group(
    {
        "rules": Group(others=_RULE, names=_NAME),
        "regions": Values(region),
        "selections": Group(
            {"tags": Group(others=_BY_TAG, names=_NAME), "resources": Group(others=_BY_RESOURCE, names=_NAME)}
        ),
        "advanced_backup_settings": Group(
            {
                "ec2": Group({"windows_vss": _SWITCH}),
                "s3": Group({"backup_acls": _SWITCH, "backup_object_tags": _SWITCH}),
            }
        ),
        "backup_plan_tags": _TAGS,
        "scan_settings": Group({"GUARDDUTY": _SCANNER}),
    }
)
PLANS = Group(others=PLAN, names=_NAME)
