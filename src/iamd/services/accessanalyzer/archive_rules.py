"""Archive rules: findings that meet one are archived when they are new."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.accessanalyzer.analyzers import MAX_RULES, absent, analyzer_by_arn, arn_of, existing_analyzer
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.filters import Filter, checked, matches
from iamd.services.accessanalyzer.pages import page
from iamd.services.accessanalyzer.refreshing import attributes, evidence, refreshed
from iamd.services.call import Call, Reply
from iamd.store.kinds.access_analyzer import Analyzer
from iamd.wire.errors import AwsError, ConflictException, ResourceNotFoundException, ServiceQuotaExceededException


def a_rule(call: Call, *, analyzer_name: str, rule_name: str) -> Target[Analyzer]:
    """The analyzer, decided on by the rule's ARN."""
    analyzer = call.records.analyzers.get(f"{call.region}/{analyzer_name}")
    arn = f"{arn_of(call, analyzer_name)}/archive-rule/{rule_name}"
    if analyzer is None:
        return missing(arn, absent(arn_of(call, analyzer_name)))
    return Target(arn, analyzer, tags=analyzer.tags)


def existing_rule(call: Call, *, analyzer_name: str, rule_name: str) -> Target[Analyzer]:
    target = a_rule(call, analyzer_name=analyzer_name, rule_name=rule_name)
    if target.value is not None and rule_name not in _rules(target.value):
        return missing(target.arn, _absent(rule_name))
    return target


def _absent(rule_name: str) -> AwsError:
    return ResourceNotFoundException(f"Archive rule {rule_name} was not found")


def _rules(analyzer: Analyzer) -> dict[str, Any]:
    rules: dict[str, Any] = json.loads(analyzer.rules)
    return rules


def _keep(call: Call, analyzer: Analyzer, rules: dict[str, Any]) -> None:
    call.records.analyzers.replace(analyzer, rules=json.dumps(rules))


def _view(named: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    name, rule = named
    times = {each: datetime.fromisoformat(rule[each]) for each in ("createdAt", "updatedAt")}
    return {"ruleName": name, "filter": rule["filter"], **times}


@accessanalyzer.operation(on=a_rule)
def create_archive_rule(
    call: Call, analyzer: Analyzer, *, rule_name: str, filter: Filter, client_token: str | None = None
) -> Reply:
    """Archive from now on the new findings that meet a filter."""
    rules = _rules(analyzer)
    if rule_name in rules:
        raise ConflictException(f"Archive rule {rule_name} exists")
    if len(rules) >= MAX_RULES:
        raise ServiceQuotaExceededException(f"An analyzer has at most {MAX_RULES} archive rules")
    moment = call.now.isoformat()
    _keep(call, analyzer, {**rules, rule_name: {"filter": checked(filter), "createdAt": moment, "updatedAt": moment}})
    return {}


@accessanalyzer.operation(on=existing_rule)
def get_archive_rule(call: Call, analyzer: Analyzer, *, rule_name: str) -> Reply:
    """The rule of that name."""
    return {"archiveRule": _view((rule_name, _rules(analyzer)[rule_name]))}


@accessanalyzer.operation(on=existing_analyzer)
def list_archive_rules(
    call: Call, analyzer: Analyzer, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """The analyzer's rules, in the order in which they were made."""
    return page("archiveRules", list(_rules(analyzer).items()), _view, next_token, max_results)


@accessanalyzer.operation(on=existing_rule)
def update_archive_rule(
    call: Call, analyzer: Analyzer, *, rule_name: str, filter: Filter, client_token: str | None = None
) -> Reply:
    """Give a rule another filter."""
    rules = _rules(analyzer)
    rules[rule_name] = {**rules[rule_name], "filter": checked(filter), "updatedAt": call.now.isoformat()}
    _keep(call, analyzer, rules)
    return {}


@accessanalyzer.operation(on=existing_rule)
def delete_archive_rule(call: Call, analyzer: Analyzer, *, rule_name: str, client_token: str | None = None) -> Reply:
    """Remove a rule; what it archived stays so."""
    _keep(call, analyzer, {name: rule for name, rule in _rules(analyzer).items() if name != rule_name})
    return {}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence)
def apply_archive_rule(call: Call, analyzer: Analyzer, *, rule_name: str, client_token: str | None = None) -> Reply:
    """Archive the active findings that meet a rule."""
    rule = _rules(analyzer).get(rule_name)
    if rule is None:
        raise _absent(rule_name)
    for finding in refreshed(call, analyzer):
        if finding.status == "ACTIVE" and matches(rule["filter"], attributes(finding)):
            call.records.access_findings.replace(finding, status="ARCHIVED", updated=call.now)
    return {}
