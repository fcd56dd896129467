"""Checks of service and resource control policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.policy import Kind
from iamd.reference import services

_SERVICE = "aws:principalisawsservice"
_OF_PRINCIPALS = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag/",
)
_OF_SOURCES = frozenset({"aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount", "aws:sourcearn"})
_CHECKED = frozenset({"aws:sourceaccount", "aws:sourcearn"})


def service_wildcards(policy: Subject, statement: Statement) -> Iterator[Note]:
    if policy.kind is not Kind.SCP:
        return
    for node in statement.actions:
        prefix, colon, _ = node.text.partition(":")
        if colon and node.text != "*:*" and ("*" in prefix or "?" in prefix):
            yield note("SCP_SYNTAX_ERROR_ACTION_WILDCARD", node)


def resource_control(policy: Subject, statement: Statement) -> Iterator[Note]:
    """What the grammar of resource control policies leaves out."""
    if policy.kind is not Kind.RCP:
        return
    who = statement.principal
    if who is not None and (statement.not_principal or who.kind != "string" or who.text != "*"):
        yield note("RCP_SYNTAX_ERROR_PRINCIPAL", who)
    if statement.allows and not _is_full_access(statement):
        yield note("RCP_SYNTAX_ERROR_ALLOW", statement.node)
    if statement.not_action and statement.action is not None:
        yield note("RCP_SYNTAX_ERROR_NOTACTION", statement.node.keys["NotAction"])
    for node in statement.actions if statement.denies else ():
        service = services.get(node.text.partition(":")[0])
        if node.text == "*" or (service is not None and not service.resource_control):
            yield note("RCP_SYNTAX_ERROR_ACTION", node, action=node.text)


def _is_full_access(statement: Statement) -> bool:
    """Whether this is the statement of RCPFullAWSAccess."""
    anything = [[node.text for node in nodes] == ["*"] for nodes in (statement.actions, statement.resources)]
    return all(anything) and not statement.conditions and not statement.not_action and not statement.not_resource


def perimeters(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Conditions that AWS services, which call for others, would fall under."""
    if policy.kind is not Kind.RCP or not statement.denies or not condition.negated:
        return
    if condition.folded.startswith(_OF_PRINCIPALS) and not _asks_for_service(statement, "false"):
        yield note("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", condition.key, key=condition.key.text)
    if condition.folded in _OF_SOURCES:
        if not _asks_for_service(statement, "true"):
            yield note("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", condition.key, key=condition.key.text)
        if not any(each.base == "Null" and each.folded in _CHECKED for each in statement.conditions):
            yield note("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", condition.key, key=condition.key.text)


def _asks_for_service(statement: Statement, wanted: str) -> bool:
    return any(
        each.base == "Bool" and each.folded == _SERVICE and [node.text.lower() for node in each.values] == [wanted]
        for each in statement.conditions
    )
