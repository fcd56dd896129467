"""CheckNoNewAccess, CheckAccessNotGranted, CheckNoPublicAccess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamd.analysis.checks import Outcome, access_not_granted, no_new_access, no_public_access, resource_document
from iamd.analysis.symbolic import Undecided
from iamd.guard.target import Target, nothing
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.parse import read_document
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.call import Call, Reply
from iamd.wire.errors import InvalidParameterException, UnprocessableEntityException

_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


def any_policies(call: Call) -> Target[None]:
    return nothing()


@accessanalyzer.operation(on=any_policies, reads=True)
def check_no_new_access(
    call: Call, _: None, *, new_policy_document: str, existing_policy_document: str, policy_type: str
) -> Reply:
    """Whether a policy allows nothing that the existing one does not.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html
    """

    def check() -> Outcome:
        new, existing = (_document(text, policy_type) for text in (new_policy_document, existing_policy_document))
        if new.kind is not existing.kind:
            raise InvalidParameterException("A trust policy can be compared with a trust policy alone.")
        return no_new_access(new, existing)

    return _answered(check)


@accessanalyzer.operation(on=any_policies, reads=True)
def check_access_not_granted(
    call: Call, _: None, *, policy_document: str, access: list[dict[str, Any]], policy_type: str
) -> Reply:
    """Whether a policy allows none of the listed actions on none of the listed resources.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html
    """
    if len(access) != 1 or not (access[0].get("actions") or access[0].get("resources")):
        raise InvalidParameterException("Tell one access object with actions, resources or both.")
    listed = access[0]

    def check() -> Outcome:
        document = _document(policy_document, policy_type)
        return access_not_granted(document, listed.get("actions") or (), listed.get("resources") or ())

    return _answered(check)


@accessanalyzer.operation(on=any_policies, reads=True)
def check_no_public_access(call: Call, _: None, *, policy_document: str, resource_type: str) -> Reply:
    """Whether a resource's policy keeps out those whom it does not name.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoPublicAccess.html
    """
    kind = Kind.TRUST if resource_type == _TRUST else Kind.RESOURCE
    return _answered(lambda: no_public_access(read_document(policy_document, kind), resource_type))


def _document(text: str, policy_type: str) -> Document:
    return read_document(text, Kind.IDENTITY) if policy_type == "IDENTITY_POLICY" else resource_document(text)


def _answered(check: Callable[[], Outcome]) -> Reply:
    """The outcome as AWS tells it. Raises InvalidParameterException, UnprocessableEntityException."""
    try:
        outcome = check()
    except MalformedPolicy as malformed:
        raise InvalidParameterException(f"The policy document is not valid: {malformed.problems[0]}") from malformed
    except Undecided as undecided:
        raise UnprocessableEntityException(f"The policy could not be analysed: {undecided}") from undecided
    reasons = [
        {"description": each.description, "statementIndex": each.index, "statementId": each.sid}
        for each in outcome.reasons
    ]
    return {"result": "PASS" if outcome.passed else "FAIL", "message": outcome.message, "reasons": reasons or None}
