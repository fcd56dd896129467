"""From sharing the bill to all features: proposed by the management account, approved by the members that it invited.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html
"""

from __future__ import annotations

from datetime import timedelta

from iamd.services.call import Call, Reply
from iamd.services.organizations import handshakes
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, the_managed_organization
from iamd.services.organizations.handshakes import APPROVE, ENABLE, Shake
from iamd.services.organizations.invitations import sent
from iamd.store.kinds.organizations import ALL_FEATURES
from iamd.wire.organizations_errors import HandshakeConstraintViolationException

LASTS = timedelta(days=90)


@organizations.operation(on=the_managed_organization)
def enable_all_features(call: Call, estate: Estate) -> Reply:
    """Ask every member that was invited to approve; created ones need not. When all have, the management account
    accepts the handshake that this answers, which ends the process."""
    if estate.has_all_features:
        said = "The organization has already enabled all features."
        raise HandshakeConstraintViolationException(said, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
    if any(sent(call, estate.records, ENABLE, call.account_id)):
        said = "The organization has already started the process to enable all features."
        raise HandshakeConstraintViolationException(said, "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
    whole = handshakes.send(call, estate, ENABLE, call.account_id, LASTS, state="REQUESTED")
    for member in estate.records.members.sorted():
        if member.method == "INVITED" and member.id != call.account_id:
            handshakes.send(call, estate, APPROVE, member.id, LASTS, parent_id=whole.handshake.id)
    return {"Handshake": handshakes.view(call, whole)}


def finish(call: Call, shake: Shake) -> None:
    """Give the organization all features; no policy type is enabled by that."""
    shake.records.organizations.replace(shake.organization, feature_set=ALL_FEATURES)
