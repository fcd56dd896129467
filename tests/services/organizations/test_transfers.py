"""Transfers of responsibility between two organizations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.organizations.support import Org, refused
from tests.services.organizations.test_handshakes import stand_alone

START = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def customer(server: Live, org: Org, admin: Any) -> tuple[str, Any]:
    """Another organization's management account: its id and its client."""
    account, into = stand_alone(server, org, admin, "customer")
    into("organizations").create_organization(FeatureSet="ALL")
    return account, into("organizations")


def offer(org: Org, account: str, **more: Any) -> dict[str, Any]:
    asked = {"Target": {"Id": account, "Type": "ACCOUNT"}, "Type": "BILLING", "SourceName": "c", **more}
    made: dict[str, Any] = org.client.invite_organization_to_transfer_responsibility(
        **{"StartTimestamp": START, **asked}
    )["Handshake"]
    return made


def test_billing_is_handed_over_and_back(org: Org, customer: tuple[str, Any]) -> None:
    account, there = customer
    asked = offer(org, account)
    (inbound,) = org.client.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert (inbound["Status"], inbound["ActiveHandshakeId"]) == ("REQUESTED", asked["Id"])
    assert inbound["Arn"] == f"arn:aws:organizations::{ACCOUNT}:transfer/{org.id}/billing/inbound/{inbound['Id']}"
    there.accept_handshake(HandshakeId=asked["Id"])
    (outbound,) = there.list_outbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert (outbound["Status"], outbound["StartTimestamp"]) == ("ACCEPTED", START)
    assert outbound["Arn"].startswith(f"arn:aws:organizations::{account}:transfer/o-")
    assert "/billing/outbound/" in outbound["Arn"]
    assert outbound["Source"]["ManagementAccountId"] == account
    assert outbound["Target"]["ManagementAccountId"] == ACCOUNT
    id = {"Id": inbound["Id"]}
    assert org.client.update_responsibility_transfer(**id, Name="new")["ResponsibilityTransfer"]["Name"] == "new"
    assert refused(org.client.delete_organization)[1] == "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    end = START + timedelta(days=31, seconds=-1)
    ended = there.terminate_responsibility_transfer(**id, EndTimestamp=end)["ResponsibilityTransfer"]
    assert (ended["Status"], ended["EndTimestamp"]) == ("WITHDRAWN", end)
    again = refused(org.client.terminate_responsibility_transfer, **id)
    assert again[0] == "ResponsibilityTransferAlreadyInStatusException"
    late = refused(org.client.update_responsibility_transfer, **id, Name="late")
    assert late == ("ConstraintViolationException", "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED")
    assert org.client.describe_responsibility_transfer(**id)["ResponsibilityTransfer"]["Name"] == "new"
    org.client.delete_organization()


def test_an_offer_is_no_transfer_yet(org: Org, customer: tuple[str, Any]) -> None:
    account, there = customer
    asked = offer(org, account)
    (transfer,) = there.list_outbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    early = refused(there.terminate_responsibility_transfer, Id=transfer["Id"])
    assert early[0] == "InvalidResponsibilityTransferTransitionException"
    assert refused(offer, org=org, account=account)[0] == "DuplicateHandshakeException"
    there.decline_handshake(HandshakeId=asked["Id"])
    described = there.describe_responsibility_transfer(Id=transfer["Id"])["ResponsibilityTransfer"]
    assert (described["Status"], "ActiveHandshakeId" in described) == ("DECLINED", False)
    named = {"Type": "BILLING", "Id": transfer["Id"]}
    assert len(org.client.list_inbound_responsibility_transfers(**named)["ResponsibilityTransfers"]) == 1
    for call in (org.client.list_inbound_responsibility_transfers, there.list_inbound_responsibility_transfers):
        unknown = refused(call, Type="BILLING", Id="rt-1234567890")
        assert unknown[0] == "ResponsibilityTransferNotFoundException"


def test_who_and_when(org: Org, customer: tuple[str, Any]) -> None:
    account = customer[0]
    alone = refused(offer, org=org, account=org.account("member"))
    assert alone == ("HandshakeConstraintViolationException", "TARGET_ACCOUNT_VALIDATION_FAILURE")
    assert refused(offer, org=org, account=ACCOUNT)[1] == "SOURCE_AND_TARGET_CANNOT_MATCH"
    middle, past = START + timedelta(days=1), datetime(2020, 1, 1, tzinfo=UTC)
    assert refused(offer, org=org, account=account, StartTimestamp=middle)[1] == "START_DATE_NOT_BEGINNING_OF_MONTH"
    assert refused(offer, org=org, account=account, StartTimestamp=past)[1] == "START_DATE_TOO_EARLY"
    customer[1].accept_handshake(HandshakeId=offer(org, account)["Id"])
    (transfer,) = org.client.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    end = org.client.terminate_responsibility_transfer
    assert refused(end, Id=transfer["Id"], EndTimestamp=middle)[1] == "END_DATE_NOT_END_OF_MONTH"
    assert refused(end, Id=transfer["Id"], EndTimestamp=past - timedelta(seconds=1))[1] == "END_DATE_TOO_EARLY"
    ended = end(Id=transfer["Id"])["ResponsibilityTransfer"]["EndTimestamp"]
    assert (ended + timedelta(seconds=1)).day == 1
