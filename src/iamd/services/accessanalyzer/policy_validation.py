"""ValidatePolicy."""

from __future__ import annotations

from functools import partial

from iamd.analysis.validation import Finding, validate
from iamd.guard.target import Target, nothing
from iamd.policy import Kind
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.pages import page
from iamd.services.aside import aside
from iamd.services.call import Call, Reply
from iamd.services.invocation import permitted
from iamd.wire.errors import ValidationException

_KINDS = {
    "IDENTITY_POLICY": Kind.IDENTITY,
    "RESOURCE_POLICY": Kind.RESOURCE,
    "SERVICE_CONTROL_POLICY": Kind.SCP,
    "RESOURCE_CONTROL_POLICY": Kind.RCP,
}
LONGEST = 100_000  # characters of a policy that is looked at
_SHORT = 4_000  # of one that is looked at at once: it takes a millisecond or two
_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


def any_policy(call: Call) -> Target[None]:
    return nothing()


async def findings(
    call: Call, *, policy_document: str, policy_type: str, validate_policy_resource_type: str | None = None
) -> tuple[Finding, ...]:
    """What is found; in long policies off the event loop. Raises ValidationException."""
    permitted(call)
    kind = _KINDS[policy_type]
    if validate_policy_resource_type is not None and kind is not Kind.RESOURCE:
        raise ValidationException("validatePolicyResourceType goes with the policyType RESOURCE_POLICY")
    if len(policy_document) > LONGEST:
        raise ValidationException(
            f"policyDocument must not be longer than {LONGEST} characters: no service stores such"
        )
    if validate_policy_resource_type == _TRUST:
        kind = Kind.TRUST
    if len(policy_document) <= _SHORT:
        return validate(policy_document, kind, validate_policy_resource_type)
    return await aside(call.account_id, partial(validate, policy_document, kind, validate_policy_resource_type))


@accessanalyzer.operation(on=any_policy, prepare=findings, reads=True)
def validate_policy(
    call: Call,
    _: None,
    *,
    policy_document: str,
    policy_type: str,
    validate_policy_resource_type: str | None = None,
    locale: str = "EN",
    max_results: int | None = None,
    next_token: str | None = None,
) -> Reply:
    """Everything that is wrong, risky or needless in a policy. The sentences are English, whatever the locale.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
    """
    return page("findings", call.prepared, Finding.to_json, next_token, max_results)
