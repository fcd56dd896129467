"""Every detection: its type in GuardDuty's form, how severe it is, and what is said of it.

Types that GuardDuty has keep their names and severities; the others are in its form. Severity is GuardDuty's scale: below
4 low, below 7 medium, else high. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

BURST = 5
"""Failed sign-ins within `BURST_TIME` for one user, or from one address, that are one too many."""
BURST_TIME = timedelta(minutes=5)
LEARNING = timedelta(days=1)
"""How long after a principal was first seen its networks are learned without a word."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A kind of finding. `title` and `description` are formatted with `who`, `what` (the operation) and `detail`."""

    type: str
    severity: float
    title: str
    description: str
    meaning: str  # when it is found, for the documentation


ROOT_USE = Detection(
    "Policy:IAMUser/RootCredentialUsage",
    2.0,
    "{what} was invoked using root credentials.",
    "{what} was invoked with the credentials of the account's root user, from {detail}.",
    "The root user called anything, or signed in.",
)
SIGN_IN_WITHOUT_MFA = Detection(
    "Policy:IAMUser/ConsoleLoginWithoutMFA",
    5.0,
    "{who} signed in without MFA.",
    "{who} signed in with a password alone, from {detail}.",
    "A user or the root user signed in with a password and no code of an MFA device.",
)
FAILED_SIGN_INS = Detection(
    "CredentialAccess:IAMUser/ConsoleLoginBruteForce",
    5.0,
    "Many sign-ins failed: {detail}.",
    f"At least {BURST} sign-ins failed within {BURST_TIME.seconds // 60} minutes: {{detail}}.",
    f"{BURST} sign-ins of one user, or from one address, failed within {BURST_TIME.seconds // 60} minutes.",
)
NEW_NETWORK = Detection(
    "UnauthorizedAccess:IAMUser/NewNetworkCaller",
    5.0,
    "{who} called from a network that it was not seen in.",
    "{who} invoked {what} from {detail}, where it was not seen before.",
    "A user, role or the root user that has been known for a day called from another network (an IPv4 /24, an IPv6 /48).",
)
ADMINISTRATOR = Detection(
    "PrivilegeEscalation:IAMUser/AdministrativePermissions",
    8.0,
    "{detail} became an administrator.",
    "By {what}, {who} made {detail} an administrator: it may do everything, or write the policies of any user or role.",
    "A change of policies, groups, boundaries or attachments made a user or a role an administrator, as the policy engine "
    "decides: it may do everything, or write the policies of any user or role.",
)
CREDENTIAL_FOR_OTHER = Detection(
    "Persistence:IAMUser/UserPermissions",
    5.0,
    "{who} made a credential for {detail}.",
    "{who} invoked {what} for {detail}, another user than itself.",
    "An access key, password, service-specific credential, SSH key or signing certificate was made for another user than "
    "the caller.",
)
RECORD_STOPPED = Detection(
    "Stealth:IAMUser/CloudTrailLoggingDisabled",
    2.0,
    "{detail} was stopped or deleted.",
    "{who} invoked {what}: {detail} no longer takes in what happens.",
    "A trail or an event data store was stopped or deleted.",
)

DETECTIONS = (
    ROOT_USE,
    SIGN_IN_WITHOUT_MFA,
    FAILED_SIGN_INS,
    NEW_NETWORK,
    ADMINISTRATOR,
    CREDENTIAL_FOR_OTHER,
    RECORD_STOPPED,
)
