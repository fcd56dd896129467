"""Refusals while a change is under way that they rest on."""

from __future__ import annotations

from typing import Any

from iamd.store import Change
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


def test_a_session_whose_end_came_behind_the_revision_that_it_asked_for_is_not_refused_before_that_is_durable() -> None:
    with live() as server:
        iam = server.client("iam")
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        session = server.client("sts", key).get_session_token()["Credentials"]
        caller = server.client("sts", session)
        account_id = caller.get_caller_identity()["Account"]
        caller.meta.events.register("before-sign.*.*", _demanding_revision)

        def end(change: Change) -> None:
            records = change.records(account_id)
            for held in list(records.access_keys):
                records.access_keys.remove(held)
            for user in list(records.users):
                records.users.remove(user)

        told = meanwhile(server, end, caller.get_caller_identity, behind="reach")
        assert told["Arn"].endswith(":user/alice")


def _demanding_revision(request: Any, **_: Any) -> None:
    request.headers["x-iamd-revision"] = "1"
