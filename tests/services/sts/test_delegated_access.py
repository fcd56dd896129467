"""GetDelegatedAccessToken: what an approved delegation request is worth, to whom, for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.iam.test_delegation import PARTNER, create, template
from tests.services.roles import make_role, permit, trusting, user_arn

INVALID = ("ValidationError", "The trade-in token is invalid.")


@pytest.fixture
def partner_key(server: Live) -> Any:
    return server.add_account(PARTNER)


@pytest.fixture
def request_id(server: Live, partner_key: Any) -> str:
    """A request to list users and groups for an hour."""
    partner = server.client("iam", partner_key)
    arn = template(partner, statement(["iam:ListUsers", "iam:ListGroups"]))
    return create(partner, arn, Parameters=[])


def hand_over(approver: Any, request_id: str) -> None:
    for step in (
        approver.associate_delegation_request,
        approver.accept_delegation_request,
        approver.send_delegation_token,
    ):
        step(DelegationRequestId=request_id)


def token(server: Live, request_id: str) -> str:
    """The token, as it is sent to the requestor."""

    async def read() -> str:
        request = (await server.realm.store.load(PARTNER)).delegation_requests.get(request_id)
        assert request is not None
        return server.realm.sealer.open(request.sealed_token, request_id.encode()).decode()

    return server.run(read())


def test_access_is_what_request_and_approver_have_in_common(
    server: Live, user: Any, partner_key: Any, request_id: str
) -> None:
    alice = user(
        "alice", statement(["iam:*DelegationRequest", "iam:SendDelegationToken", "iam:ListUsers", "iam:GetUser"])
    )
    hand_over(alice("iam"), request_id)
    answer = server.client("sts", partner_key).get_delegated_access_token(TradeInToken=token(server, request_id))
    assert answer["AssumedPrincipal"] == user_arn("alice")
    assert 0 < answer["PackedPolicySize"] <= 100
    session = server.client("iam", answer["Credentials"])
    session.list_users()
    assert "session policy" in refused(session.get_user, UserName="alice")[1], "the request does not ask for it"
    assert "identity-based policy" in refused(session.list_groups)[1], "the approver may not herself"
    sts = server.client("sts", answer["Credentials"])
    assert sts.get_caller_identity()["Arn"] == user_arn("alice")
    assert refused(sts.get_session_token)[0] == "AccessDenied"


def test_the_request_narrows_the_root_user_too(server: Live, iam: Any, partner_key: Any, request_id: str) -> None:
    hand_over(iam, request_id)
    answer = server.client("sts", partner_key).get_delegated_access_token(TradeInToken=token(server, request_id))
    assert answer["AssumedPrincipal"] == f"arn:aws:iam::{ACCOUNT}:root"
    session = server.client("iam", answer["Credentials"])
    session.list_groups()
    assert refused(session.list_roles)[0] == "AccessDenied"


def test_a_role_that_approved_is_assumed(
    server: Live, iam: Any, bob: Any, assumed: Any, partner_key: Any, request_id: str
) -> None:
    arn = make_role(iam, "Approver", trusting(user_arn("bob")))
    permit(iam, "Approver", "iam:*")
    hand_over(assumed(bob("sts"), arn)("iam"), request_id)
    answer = server.client("sts", partner_key).get_delegated_access_token(TradeInToken=token(server, request_id))
    assert answer["AssumedPrincipal"] == arn
    session = server.client("iam", answer["Credentials"])
    session.list_users()
    assert refused(session.list_roles)[0] == "AccessDenied"


def test_a_token_is_good_for_its_requestor_alone_and_only_once_it_is_sent(
    server: Live, iam: Any, sts: Any, partner_key: Any, request_id: str
) -> None:
    trade = server.client("sts", partner_key).get_delegated_access_token
    assert refused(trade, TradeInToken=request_id) == INVALID
    assert refused(trade, TradeInToken=f"{request_id}.guess") == INVALID
    hand_over(iam, request_id)
    sent = token(server, request_id)
    trade(TradeInToken=sent)
    trade(TradeInToken=sent)
    assert refused(trade, TradeInToken=sent[:-1]) == INVALID
    assert refused(sts.get_delegated_access_token, TradeInToken=sent) == INVALID, "the account that approved"


@pytest.mark.parametrize("ended", ["time", "approver"])
def test_it_ends_with_its_time_and_with_its_approver(
    server: Live, iam: Any, user: Any, partner_key: Any, request_id: str, ended: str
) -> None:
    alice = user("alice", statement(["iam:*"]))("iam")
    hand_over(alice, request_id)
    sent = token(server, request_id)
    if ended == "time":

        def late(change: Any) -> None:
            requests = change.records(PARTNER).delegation_requests
            request = requests.get(request_id)
            requests.replace(request, changed=request.changed - timedelta(hours=1))

        server.run(server.realm.store.write(late))
    else:
        for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
            iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="alice", PolicyName="own")
        iam.delete_user(UserName="alice")
    trade = server.client("sts", partner_key).get_delegated_access_token
    assert refused(trade, TradeInToken=sent)[0] == "ExpiredTradeInTokenException"


def test_whose_access_it_was_is_a_condition_key(
    server: Live, iam: Any, user: Any, partner_key: Any, request_id: str
) -> None:
    deny = {
        "Effect": "Deny",
        "Action": "iam:ListUsers",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ViaCustomerDomain": PARTNER}},
    }
    alice = user("alice", statement("iam:*"), deny)("iam")
    hand_over(alice, request_id)
    answer = server.client("sts", partner_key).get_delegated_access_token(TradeInToken=token(server, request_id))
    alice.list_users()
    assert "explicit deny" in refused(server.client("iam", answer["Credentials"]).list_users)[1]
