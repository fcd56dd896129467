"""Refusals while a change is under way that they rest on."""

from __future__ import annotations

from tests.failing import meanwhile, without_key
from tests.live import live


def test_a_key_whose_end_is_not_durable_is_not_refused_for_it() -> None:
    with live() as server:
        iam = server.client("iam")
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        caller = server.client("sts", key)
        account_id = caller.get_caller_identity()["Account"]
        told = meanwhile(server, without_key(account_id, key["AccessKeyId"]), caller.get_caller_identity)
        assert told["Arn"].endswith(":user/alice")
