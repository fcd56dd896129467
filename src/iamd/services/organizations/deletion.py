"""The end of an organization."""

from __future__ import annotations

from iamd.services.call import Call
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, the_managed_organization
from iamd.services.organizations.responsibility_transfers import inbound, outbound, status_of
from iamd.services.sso_admin.removal import withdraw_offer
from iamd.wire.organizations_errors import ConstraintViolationException, OrganizationNotEmptyException


@organizations.operation(on=the_managed_organization)
def delete_organization(call: Call, estate: Estate) -> None:
    """Delete an organization of which only the management account is left, with its policies and handshakes."""
    records = estate.records
    if len(records.members) > 1 or len(records.units):
        raise OrganizationNotEmptyException()
    if any(status_of(call, deal) in ("REQUESTED", "ACCEPTED") for deal in (*inbound(estate), *outbound(call))):
        said = "The organization takes part in a transfer of responsibility: end it first."
        raise ConstraintViolationException(said, "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS")
    _forget_handshakes(call, estate)
    withdraw_offer(records)
    for collection in (
        records.policy_attachments,
        records.organization_policies,
        records.account_creations,
        records.delegated_administrators,
        records.service_access,
        records.responsibility_transfers,
        records.resource_policies,
        records.members,
        records.organizations,
    ):
        for record in list(collection):
            collection.remove(record)
    records.accounts.replace(records.account, organization=None)


def _forget_handshakes(call: Call, estate: Estate) -> None:
    """Remove what the organization proposed, from the accounts that got it, too."""
    for handshake in list(estate.records.handshakes):
        if handshake.recipient_id != call.account_id:
            received = call.others(handshake.recipient_id).received_handshakes
            received.remove(received.get(handshake.id))
        estate.records.handshakes.remove(handshake)
