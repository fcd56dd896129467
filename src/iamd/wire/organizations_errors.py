"""The catalogue's part for Organizations: every failure is answered with status 400, some with a `Reason`.

Codes and reasons are those of the service model and of
https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html.
"""

from __future__ import annotations

from iamd.wire.errors import AwsError


class _WithReason(AwsError):
    def __init__(self, message: str | None = None, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.details = {"Reason": reason}


class AWSOrganizationsNotInUseException(AwsError):
    wording = "Your account is not a member of an organization."


class AccessDeniedException(AwsError):
    wording = "You don't have permissions to access this resource."


class AccountAlreadyClosedException(AwsError):
    wording = "The account is already closed."


class AccountAlreadyRegisteredException(AwsError):
    wording = "The account is already a delegated administrator for this service."


class AccountNotFoundException(AwsError):
    wording = "You specified an account that doesn't exist."


class AccountNotRegisteredException(AwsError):
    wording = "The account is not a delegated administrator for this service."


class AlreadyInOrganizationException(AwsError):
    wording = "The AWS account is already a member of an organization."


class ChildNotFoundException(AwsError):
    wording = "You specified a child that doesn't exist."


class ConstraintViolationException(_WithReason):
    pass


class CreateAccountStatusNotFoundException(AwsError):
    wording = "You specified a create account request that doesn't exist."


class DestinationParentNotFoundException(AwsError):
    wording = "You specified a destination parent that doesn't exist."


class DuplicateAccountException(AwsError):
    wording = "The account is already present in the specified destination."


class DuplicateHandshakeException(AwsError):
    wording = "A handshake with the same action and target already exists."


class DuplicateOrganizationalUnitException(AwsError):
    wording = "An OU with the same name already exists."


class DuplicatePolicyAttachmentException(AwsError):
    wording = "The specified policy is already attached to the specified target."


class DuplicatePolicyException(AwsError):
    wording = "A policy with the same name already exists."


class EffectivePolicyNotFoundException(AwsError):
    wording = "The effective policy of the specified type doesn't exist for the target."


class HandshakeAlreadyInStateException(AwsError):
    wording = "The specified handshake is already in the requested state."


class HandshakeConstraintViolationException(_WithReason):
    pass


class HandshakeNotFoundException(AwsError):
    wording = "You specified a handshake that doesn't exist."


class InvalidHandshakeTransitionException(AwsError):
    wording = "The specified handshake cannot be moved to the requested state from its current state."


class InvalidInputException(_WithReason):
    pass


class InvalidResponsibilityTransferTransitionException(AwsError):
    wording = "The responsibility transfer cannot be moved to the requested status from its current status."


class MalformedPolicyDocumentException(AwsError):
    wording = "The provided policy document does not meet the requirements of the specified policy type."


class MasterCannotLeaveOrganizationException(AwsError):
    wording = "You can't remove the management account from the organization."


class OrganizationNotEmptyException(AwsError):
    wording = "To delete an organization you must first remove all member accounts (except the master)."


class OrganizationalUnitNotEmptyException(AwsError):
    wording = "The organizational unit is not empty: move or remove its accounts and organizational units first."


class OrganizationalUnitNotFoundException(AwsError):
    wording = "You specified an organizational unit that doesn't exist."


class ParentNotFoundException(AwsError):
    wording = "You specified a parent that doesn't exist."


class PolicyInUseException(AwsError):
    wording = (
        "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before "
        "performing this operation."
    )


class PolicyNotAttachedException(AwsError):
    wording = "The specified policy is not attached to the specified target."


class PolicyNotFoundException(AwsError):
    wording = "You specified a policy that doesn't exist."


class PolicyTypeAlreadyEnabledException(AwsError):
    wording = "The specified policy type is already enabled."


class PolicyTypeNotAvailableForOrganizationException(AwsError):
    wording = "The specified policy type is not available for an organization that does not have all features enabled."


class PolicyTypeNotEnabledException(AwsError):
    wording = "This operation can be performed only for enabled policy types."


class ResourcePolicyNotFoundException(AwsError):
    wording = "We can't find a resource policy request with the parameter that you specified."


class ResponsibilityTransferAlreadyInStatusException(AwsError):
    wording = "The responsibility transfer is already in the requested status."


class ResponsibilityTransferNotFoundException(AwsError):
    wording = "You specified a responsibility transfer that doesn't exist."


class RootNotFoundException(AwsError):
    wording = "You specified a root that doesn't exist."


class SourceParentNotFoundException(AwsError):
    wording = "You specified a source parent that doesn't exist."


class TargetNotFoundException(AwsError):
    wording = "You specified a target that doesn't exist."
