"""Central access to the root users of member accounts: which features there are, and who may use them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""

from __future__ import annotations

from iamd.services.call import Call
from iamd.services.organizations.estate import Estate

CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
IAM = "iam.amazonaws.com"


def administers(call: Call, estate: Estate) -> bool:
    """Whether the caller's account is the management account, or administers IAM for the organization."""
    if call.account_id == estate.organization.account_id:
        return True
    delegated = estate.records.delegated_administrators.where("delegate", call.account_id)
    return any(each.service == IAM for each in delegated)


def is_trusted(estate: Estate) -> bool:
    """Whether IAM has trusted access to the organization."""
    return any(each.service == IAM for each in estate.records.service_access)


def is_enabled(estate: Estate, feature: str) -> bool:
    """Whether a feature is enabled and can be used: it rests while trusted access is gone."""
    return estate.has_all_features and is_trusted(estate) and feature in estate.organization.root_features
