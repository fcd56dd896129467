"""CheckNoNewAccess, CheckAccessNotGranted, CheckNoPublicAccess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamd.analysis.checks import Outcome, access_not_granted, no_new_access, no_public_access, resource_document
from iamd.analysis.references import compared
from iamd.analysis.symbolic import Undecided
from iamd.guard.target import Target, nothing
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.parse import read_document
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.policy_validation import LONGEST
from iamd.services.aside import aside
from iamd.services.call import Call, Reply
from iamd.services.invocation import permitted
from iamd.wire.errors import InvalidParameterException, UnprocessableEntityException

_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


def any_policies(call: Call) -> Target[None]:
    return nothing()


async def new_access(
    call: Call, *, new_policy_document: str, existing_policy_document: str, policy_type: str
) -> Outcome:
    """Compare off the event loop: it can take seconds."""

    def check() -> Outcome:
        texts = new_policy_document, existing_policy_document
        if policy_type == "IDENTITY_POLICY":
            return no_new_access(*(read_document(text, Kind.IDENTITY) for text in texts))
        return no_new_access(*compared(*texts))

    return await _checked(call, check, new_policy_document, existing_policy_document)


@accessanalyzer.operation(on=any_policies, prepare=new_access, reads=True)
def check_no_new_access(call: Call, _: None) -> Reply:
    """Whether a policy allows nothing that the existing one does not.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html
    """
    return _answer(call.prepared)


async def granted_access(
    call: Call, *, policy_document: str, access: list[dict[str, Any]], policy_type: str
) -> Outcome:
    """Look for the access off the event loop."""
    if len(access) != 1 or not (access[0].get("actions") or access[0].get("resources")):
        raise InvalidParameterException("Tell one access object with actions, resources or both.")
    listed = access[0]

    def check() -> Outcome:
        document = _document(policy_document, policy_type)
        return access_not_granted(document, listed.get("actions") or (), listed.get("resources") or ())

    return await _checked(call, check, policy_document)


@accessanalyzer.operation(on=any_policies, prepare=granted_access, reads=True)
def check_access_not_granted(call: Call, _: None) -> Reply:
    """Whether a policy allows none of the listed actions on none of the listed resources.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html
    """
    return _answer(call.prepared)


async def public_access(call: Call, *, policy_document: str, resource_type: str) -> Outcome:
    """Look for strangers off the event loop."""
    kind = Kind.TRUST if resource_type == _TRUST else Kind.RESOURCE

    def check() -> Outcome:
        return no_public_access(read_document(policy_document, kind), resource_type)

    return await _checked(call, check, policy_document)


@accessanalyzer.operation(on=any_policies, prepare=public_access, reads=True)
def check_no_public_access(call: Call, _: None) -> Reply:
    """Whether a resource's policy keeps out those whom it does not name.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoPublicAccess.html
    """
    return _answer(call.prepared)


def _document(text: str, policy_type: str) -> Document:
    return read_document(text, Kind.IDENTITY) if policy_type == "IDENTITY_POLICY" else resource_document(text)


async def _checked(call: Call, check: Callable[[], Outcome], *documents: str) -> Outcome:
    """The outcome, for who may ask. Raises AwsError."""
    permitted(call)
    if any(len(each) > LONGEST for each in documents):
        raise InvalidParameterException(f"A policy document must not be longer than {LONGEST} characters.")
    try:
        return await aside(call.account_id, check)
    except MalformedPolicy as malformed:
        raise InvalidParameterException(f"The policy document is not valid: {malformed.problems[0]}") from malformed
    except Undecided as undecided:
        raise UnprocessableEntityException(f"The policy could not be analysed: {undecided}") from undecided


def _answer(outcome: Outcome) -> Reply:
    """The outcome as AWS tells it."""
    reasons = [
        {"description": each.description, "statementIndex": each.index, "statementId": each.sid}
        for each in outcome.reasons
    ]
    return {"result": "PASS" if outcome.passed else "FAIL", "message": outcome.message, "reasons": reasons or None}
