"""ValidatePolicy."""

from __future__ import annotations

from iamd.analysis.validation import Finding, validate
from iamd.guard.target import Target, nothing
from iamd.policy import Kind
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.pages import page
from iamd.services.call import Call, Reply
from iamd.wire.errors import ValidationException

_KINDS = {
    "IDENTITY_POLICY": Kind.IDENTITY,
    "RESOURCE_POLICY": Kind.RESOURCE,
    "SERVICE_CONTROL_POLICY": Kind.SCP,
    "RESOURCE_CONTROL_POLICY": Kind.RCP,
}
_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


def any_policy(call: Call) -> Target[None]:
    return nothing()


@accessanalyzer.operation(on=any_policy, reads=True)
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
    kind = _KINDS[policy_type]
    if validate_policy_resource_type is not None and kind is not Kind.RESOURCE:
        raise ValidationException("validatePolicyResourceType goes with the policyType RESOURCE_POLICY")
    if validate_policy_resource_type == _TRUST:
        kind = Kind.TRUST
    found = validate(policy_document, kind, validate_policy_resource_type)
    return page("findings", found, Finding.to_json, next_token, max_results)
