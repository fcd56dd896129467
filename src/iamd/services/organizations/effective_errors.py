"""What makes an effective policy invalid, so that a service will not follow it.

Codes, messages and paths are those of live AWS, as its page of log entries and others' recordings have them: for backup
and for tag policies. Of the other types none are known, and what could be wrong with them is refused where the single
policy is written.
https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iamd.services.organizations.inheritance import Path
from iamd.services.organizations.syntax.backup import COLD_DAYS, PITR_DAYS

RULES = 10
TAG_BYTES = 395_000
REQUIRED_TAGS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an effective policy, where it is, and the settings that make it wrong."""

    code: str
    message: str
    path: Path
    settings: tuple[Path, ...]


def problems(type_: str, content: Mapping[str, Any], size: int) -> Iterator[Problem]:
    """What is wrong with the effective policy of a type, of that size in bytes, in order of its elements."""
    if type_ == "BACKUP_POLICY":
        for name, plan in sorted(content.get("plans", {}).items()):
            yield from _of_plan(("plans", name), plan)
    elif type_ == "TAG_POLICY":
        yield from _of_tags(content.get("tags", {}), size)


def _of_tags(tags: Mapping[str, Any], size: int) -> Iterator[Problem]:
    if size > TAG_BYTES:
        said = f"Effective policy size is {size} bytes, which exceeds the maximum limit of {TAG_BYTES} bytes"
        yield Problem("ELEMENTS_TOO_MANY", said, ("tags",), (("tags",),))
    keys: dict[str, list[str]] = {}
    for key in sorted(tags):
        for resource in tags[key].get("report_required_tag_for", []):
            keys.setdefault(resource, []).append(key)
    for resource, named in sorted(keys.items()):
        if len(named) > REQUIRED_TAGS:
            said = (
                f"Resource type '{resource}' has {len(named)} tags for 'report_required_tag_for', which exceeds the "
                f"maximum limit of {REQUIRED_TAGS}. Contributing tag keys include: {', '.join(named[:5])} "
                f"and {len(named) - 5} more"
            )
            settings = tuple(("tags", key, "report_required_tag_for") for key in named)
            yield Problem("ELEMENTS_TOO_MANY", said, ("tags",), settings)


def _of_plan(at: Path, plan: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _missing(at, plan, "rules", "regions", "selections")
    yield from _counted((*at, "regions"), plan, 1)
    yield from _counted((*at, "rules"), plan, 1, RULES)
    for name, rule in sorted(plan.get("rules", {}).items()):
        yield from _missing((*at, "rules", name), rule, "target_backup_vault_name")
        yield from _of_rule((*at, "rules", name), rule)
        if "scan_actions" in rule and "scan_settings" not in plan:
            fields = {"scan_actions": "undefined", "scan_settings": "undefined"}
            yield _together((*at, "rules", name), "({})", fields, (*at, "rules", name, "scan_actions"))
    yield from _counted((*at, "selections"), plan, 1)
    for kind, selections in sorted(plan.get("selections", {}).items()):
        for name, selection in sorted(selections.items()):
            yield from _of_selection((*at, "selections", kind, name), selection)


def _of_selection(at: Path, selection: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _missing(at, selection, "iam_role_arn")
    if at[-2] == "tags":
        yield from _missing(at, selection, "tag_key", "tag_value")
    elif "conditions" not in selection:
        yield from _missing(at, selection, "resource_types")
    for list_ in ("tag_value", "resource_types"):
        yield from _counted((*at, list_), selection, 1)


def _of_rule(at: Path, rule: Mapping[str, Any]) -> Iterator[Problem]:
    lifecycle = rule.get("lifecycle", {})
    kept = lifecycle.get("delete_after_days", "undefined")
    if rule.get("enable_continuous_backup") == "true" and not (kept.isdecimal() and int(kept) <= PITR_DAYS):
        fields = {"enable_continuous_backup": "true", "delete_after_days": kept}
        settings = ((*at, "enable_continuous_backup"), (*at, "lifecycle", "delete_after_days"))
        yield _together(at, "={}", fields, *settings)
    yield from _archived(at, (*at, "lifecycle"), lifecycle)
    for vault, action in sorted(rule.get("copy_actions", {}).items()):
        yield from _archived(at, (*at, "copy_actions", vault, "lifecycle"), action.get("lifecycle", {}))


def _archived(at: Path, where: Path, lifecycle: Mapping[str, str]) -> Iterator[Problem]:
    """A rule's problem with the lifecycle that is there, where backups leave cold storage too early."""
    names = ("opt_in_to_archive_for_supported_resources", "delete_after_days", "move_to_cold_storage_after_days")
    fields = {name: lifecycle.get(name, "undefined") for name in names}
    archive, kept, moved = fields.values()
    long_enough = kept.isdecimal() and moved.isdecimal() and int(kept) - int(moved) >= COLD_DAYS
    if archive == "true" and not long_enough:
        yield _together(at, "={}", fields, *((*where, name) for name in names))


def _missing(at: Path, element: Mapping[str, Any], *names: str) -> Iterator[Problem]:
    for name in names:
        if name not in element:
            yield Problem("KEY_REQUIRED", f"'{name}' is missing", at, (at,))


def _counted(at: Path, parent: Mapping[str, Any], least: int, most: int | None = None) -> Iterator[Problem]:
    """Too few or too many elements in what is at a path, if it is there."""
    count = len(parent[at[-1]]) if at[-1] in parent else least
    if count < least:
        said = f"'{at[-1]}' is less than the allowed minimum limit {least}"
        yield Problem("ELEMENTS_TOO_FEW", said, at, (at,))
    if most is not None and count > most:
        yield Problem("ELEMENTS_TOO_MANY", f"'{at[-1]}' exceeds the allowed maximum limit {most}", at, (at,))


def _together(at: Path, written: str, fields: Mapping[str, str], *settings: Path) -> Problem:
    """Values that exclude each other in the block at a path."""
    listed = ",".join(name + written.format(value) for name, value in fields.items())
    said = f"Dependent fields {listed} in policy block {at[-1]} are invalid when used together"
    return Problem("CROSS_ATTRIBUTE_VALIDATION", said, at, settings)
