"""What becomes of closed accounts: for 90 days they are seen, then they are gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.server.closed_accounts import ClosedAccounts
from tests.live import Live
from tests.services.organizations.support import Org, deny, refused


def turn(server: Live, days: float) -> None:
    """What happens so many days from now."""

    async def then() -> datetime:
        return datetime.now(UTC) + timedelta(days=days)

    server.run(ClosedAccounts(server.realm.store, then).turn())


@pytest.fixture
def closed(server: Live, controlled: Org, admin: Callable[[str], Any]) -> str:
    """An account that held something, had a policy and an office, and is closed."""
    account = controlled.account("two")
    controlled.enter(admin, account)("iam").create_user(UserName="left-behind")
    controlled.attach(controlled.policy("limits", deny("s3:*")), account)
    controlled.client.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    controlled.client.register_delegated_administrator(
        AccountId=account, ServicePrincipal="access-analyzer.amazonaws.com"
    )
    controlled.client.close_account(AccountId=account)
    return account


def test_a_closed_account_is_seen_for_ninety_days(server: Live, controlled: Org, closed: str) -> None:
    turn(server, 89.9)
    assert controlled.client.describe_account(AccountId=closed)["Account"]["State"] == "CLOSED"
    turn(server, 90.1)
    assert refused(controlled.client.describe_account, AccountId=closed)[0] == "AccountNotFoundException"
    assert closed not in [each["Id"] for each in controlled.client.list_accounts()["Accounts"]]
    assert controlled.client.list_delegated_administrators()["DelegatedAdministrators"] == []


def test_nothing_of_it_is_left(server: Live, controlled: Org, closed: str) -> None:
    limits = next(
        policy["Id"]
        for policy in controlled.client.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if policy["Name"] == "limits"
    )
    turn(server, 91)
    store = server.realm.store
    assert not store.has_account(closed)
    assert closed not in store.account_ids()
    controlled.client.delete_policy(PolicyId=limits)  # it is attached to nothing
    again = controlled.account("two")  # the address is free
    assert again != closed


def test_accounts_that_are_open_stay(server: Live, controlled: Org, admin: Callable[[str], Any]) -> None:
    account = controlled.account("two")
    turn(server, 1_000)
    assert controlled.client.describe_account(AccountId=account)["Account"]["State"] == "ACTIVE"
    assert controlled.enter(admin, account)("iam").list_users()["Users"] == []


def test_credentials_of_the_account_open_nothing(server: Live, controlled: Org, admin: Callable[[str], Any]) -> None:
    account = controlled.account("two")
    inside = controlled.enter(admin, account)
    inside("iam").create_user(UserName="ann")
    key = inside("iam").create_access_key(UserName="ann")["AccessKey"]
    controlled.client.close_account(AccountId=account)
    turn(server, 91)
    for client in (server.client("sts", key), inside("sts")):
        with pytest.raises(ClientError) as raised:
            client.get_caller_identity()
        assert raised.value.response["Error"]["Code"] in ("InvalidClientTokenId", "AccessDenied")
