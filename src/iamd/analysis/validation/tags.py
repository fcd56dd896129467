"""Checks of conditions on resources' tags, and on other keys that few services support."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.actions import matching
from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.keys import sends
from iamd.analysis.validation.subject import KEPT, Condition, Statement, Subject
from iamd.policy import Kind
from iamd.policy.memo import remembered
from iamd.policy.operators import NULL

_TAG = "aws:resourcetag/"
_TAG_KEY = "aws:ResourceTag/${TagKey}"
_OF_FEW = frozenset({"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourcevpcarn"})


def unsupported(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Conditions on `aws:ResourceTag` for services whose requests do not have it."""
    if not condition.folded.startswith(_TAG) or condition.base == NULL or policy.kind is Kind.RESOURCE:
        return
    effect = "ALLOW" if statement.allows else "DENY"
    key = condition.key.text
    if statement.not_action:
        yield note(f"{effect}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", condition.key, key=key)
        return
    without = [node for node in statement.actions if not _tagged(node.text.lower())]
    if without:
        services = ", ".join(dict.fromkeys(node.text.partition(":")[0].lower() for node in without))
        code = f"{effect}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
        yield note(code, condition.key, *without, key=key, services=services)


@remembered(KEPT)
def _tagged(pattern: str) -> bool:
    """Whether some action that a pattern stands for, if it stands for any that is known, supports tags."""
    known = matching(pattern)
    return not known or any(sends(action.service, action.name.lower(), _TAG_KEY) for action in known)


def of_few_services(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount"""
    everything = statement.not_action or any(node.text in ("*", "*:*") for node in statement.actions)
    if condition.folded in _OF_FEW and everything:
        yield note("USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", condition.key, key=condition.key.text)
