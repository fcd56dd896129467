"""Access keys, through the public door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, let, refused


@pytest.fixture
def bob(iam: Any) -> dict[str, Any]:
    """A user with one access key, which is returned."""
    iam.create_user(UserName="bob")
    key: dict[str, Any] = iam.create_access_key(UserName="bob")["AccessKey"]
    return key


def unknown(key_id: str) -> tuple[str, str]:
    return "NoSuchEntity", f"The Access Key with id {key_id} cannot be found."


def test_a_new_key_tells_its_secret_once(iam: Any, bob: dict[str, Any]) -> None:
    assert set(bob) == {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}
    assert bob["UserName"] == "bob"
    assert bob["Status"] == "Active"
    assert bob["AccessKeyId"].startswith("AKIA")
    assert len(bob["AccessKeyId"]) == 20
    assert len(bob["SecretAccessKey"]) == 40
    listed = iam.list_access_keys(UserName="BOB")
    assert listed["AccessKeyMetadata"] == [{k: v for k, v in bob.items() if k != "SecretAccessKey"}]
    assert listed["IsTruncated"] is False


def test_the_key_carries_its_account(iam: Any, bob: dict[str, Any], sts: Any) -> None:
    assert sts.get_access_key_info(AccessKeyId=bob["AccessKeyId"])["Account"] == ACCOUNT


def test_the_key_signs_as_its_user(iam: Any, bob: dict[str, Any], server: Live) -> None:
    let(iam, "bob", statement("iam:GetUser"))
    assert server.client("iam", bob).get_user()["User"]["UserName"] == "bob"


def test_a_user_has_at_most_two_keys(iam: Any, bob: dict[str, Any]) -> None:
    second = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.update_access_key(UserName="bob", AccessKeyId=second["AccessKeyId"], Status="Inactive")
    assert refused(iam.create_access_key, UserName="bob") == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    iam.delete_access_key(UserName="bob", AccessKeyId=bob["AccessKeyId"])
    iam.create_access_key(UserName="bob")


def test_keys_are_listed_in_pages(iam: Any, bob: dict[str, Any]) -> None:
    iam.create_access_key(UserName="bob")
    pages = list(iam.get_paginator("list_access_keys").paginate(UserName="bob", PaginationConfig={"PageSize": 1}))
    assert [len(page["AccessKeyMetadata"]) for page in pages] == [1, 1]
    assert len({page["AccessKeyMetadata"][0]["AccessKeyId"] for page in pages}) == 2


def test_an_inactive_key_is_refused_until_it_is_active_again(iam: Any, bob: dict[str, Any], server: Live) -> None:
    let(iam, "bob", statement("iam:GetUser"))
    key = {"UserName": "bob", "AccessKeyId": bob["AccessKeyId"]}
    iam.update_access_key(**key, Status="Inactive")
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert refused(server.client("iam", bob).get_user)[0] == "InvalidClientTokenId"
    iam.update_access_key(**key, Status="Active")
    server.client("iam", bob).get_user()


def test_a_deleted_key_is_refused(iam: Any, bob: dict[str, Any], server: Live) -> None:
    iam.delete_access_key(UserName="bob", AccessKeyId=bob["AccessKeyId"])
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"] == []
    assert refused(server.client("iam", bob).get_user)[0] == "InvalidClientTokenId"


def test_nobody_can_let_a_key_expire(iam: Any, bob: dict[str, Any]) -> None:
    key = {"UserName": "bob", "AccessKeyId": bob["AccessKeyId"]}
    assert refused(iam.update_access_key, **key, Status="Expired")[0] == "InvalidInput"
    code, message = refused(iam.update_access_key, **key, Status="expired")
    assert code == "ValidationError"
    assert message.endswith("Value at 'status' failed to satisfy constraint: Member must satisfy enum value set")
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["Status"] == "Active"


def test_a_key_is_found_only_with_its_own_user(iam: Any, bob: dict[str, Any]) -> None:
    iam.create_user(UserName="eve")
    key_id = bob["AccessKeyId"]
    assert refused(iam.update_access_key, UserName="eve", AccessKeyId=key_id, Status="Inactive") == unknown(key_id)
    assert refused(iam.delete_access_key, UserName="eve", AccessKeyId=key_id) == unknown(key_id)
    assert refused(iam.delete_access_key, AccessKeyId=key_id) == unknown(key_id)  # the root user's own is meant
    assert refused(iam.delete_access_key, UserName="bob", AccessKeyId="AKIA" + "A" * 16) == unknown("AKIA" + "A" * 16)


def test_an_unknown_user_is_told(iam: Any) -> None:
    told = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refused(iam.create_access_key, UserName="nobody") == told
    assert refused(iam.list_access_keys, UserName="nobody") == told
    assert refused(iam.delete_access_key, UserName="nobody", AccessKeyId="A" * 20) == told


def test_the_root_user_has_keys_of_its_own(iam: Any, server: Live) -> None:
    [first] = iam.list_access_keys()["AccessKeyMetadata"]
    assert "UserName" not in first
    second = iam.create_access_key()["AccessKey"]
    assert server.client("iam", second).get_user()["User"]["Arn"].endswith(":root")
    assert refused(iam.create_access_key)[0] == "LimitExceeded"
    iam.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    iam.delete_access_key(AccessKeyId=second["AccessKeyId"])
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 1


def test_a_user_manages_its_own_keys_without_naming_itself(iam: Any, bob: dict[str, Any], server: Live) -> None:
    me = server.client("iam", bob)
    let(iam, "bob", statement("iam:*AccessKey*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    second = me.create_access_key()["AccessKey"]
    assert second["UserName"] == "bob"
    assert len(me.list_access_keys()["AccessKeyMetadata"]) == 2
    me.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
    me.delete_access_key(AccessKeyId=second["AccessKeyId"])
    iam.create_user(UserName="eve")
    assert refused(me.create_access_key, UserName="eve")[0] == "AccessDenied"


def test_a_key_that_was_never_used_says_so(iam: Any, bob: dict[str, Any]) -> None:
    assert iam.get_access_key_last_used(AccessKeyId=bob["AccessKeyId"])["AccessKeyLastUsed"] == {
        "ServiceName": "N/A",
        "Region": "N/A",
    }


def test_the_last_use_counts_even_when_the_call_was_denied(iam: Any, bob: dict[str, Any], server: Live) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert refused(server.client("iam", bob).list_users)[0] == "AccessDenied"
    answer = iam.get_access_key_last_used(AccessKeyId=bob["AccessKeyId"])
    assert answer["UserName"] == "bob"
    used = answer["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("iam", "us-east-1")
    assert used["LastUsedDate"] >= before


def test_an_unknown_key_has_no_last_use_that_anyone_may_see(iam: Any) -> None:
    key_id = "AKIA" + "A" * 16
    code, message = refused(iam.get_access_key_last_used, AccessKeyId=key_id)
    assert code == "AccessDenied"
    assert message.endswith(f"is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {key_id}")


def test_the_last_use_is_decided_on_as_the_keys_user(iam: Any, bob: dict[str, Any], server: Live) -> None:
    iam.create_user(UserName="eve")
    eve = server.client("iam", iam.create_access_key(UserName="eve")["AccessKey"])
    assert refused(eve.get_access_key_last_used, AccessKeyId=bob["AccessKeyId"]) == denied(
        f"arn:aws:iam::{ACCOUNT}:user/eve", "GetAccessKeyLastUsed", f"access key {bob['AccessKeyId']}"
    )
    let(iam, "eve", statement("iam:GetAccessKeyLastUsed", f"arn:aws:iam::{ACCOUNT}:user/bob"))
    eve.get_access_key_last_used(AccessKeyId=bob["AccessKeyId"])
    iam.update_user(UserName="bob", NewPath="/moved/")
    assert refused(eve.get_access_key_last_used, AccessKeyId=bob["AccessKeyId"])[0] == "AccessDenied"
