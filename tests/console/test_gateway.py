"""The page of the gateway, with upstreams and without, and who may see what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.console.people import Person
from tests.live import Live, live

NOBODY = "http://127.0.0.1:9"  # discard: what is denied goes nowhere


@pytest.fixture(scope="module")
def running_server() -> Iterator[Live]:
    with live(upstream={"*": NOBODY}) as server:
        yield server


def test_the_page_tells_what_is_forwarded_denied_and_learned_to_who_may(
    person: Person, iam: Any, user: Callable[..., Any]
) -> None:
    eve = user("eve", {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
    eve("iam").list_users()
    for service, operation, action in (
        ("s3", "list_buckets", "s3:ListAllMyBuckets"),
        ("sqs", "list_queues", "sqs:List"),
    ):
        with pytest.raises(Exception, match=action):
            getattr(eve(service), operation)()
    page = person.at("/gateway")
    expect(page.get_by_text("Enforces: what policies do not allow is refused")).to_be_visible()
    expect(page.get_by_text(NOBODY).first).to_be_visible()
    expect(page.get_by_role("row", name="s3 http")).to_contain_text("1")
    denial = page.get_by_role("row", name="s3:ListAllMyBuckets")
    expect(denial).to_contain_text("user/eve")
    expect(denial).to_contain_text("Refused")
    expect(page.get_by_role("link", name="sqs:ListQueues")).to_be_visible()
    page.get_by_role("button", name="Learn policies").click()
    page.get_by_role("radio", name="user/eve").check()
    expect(page.get_by_text('"Action": "iam:ListUsers"')).to_be_visible()
    person.looks_right()
    denial.get_by_role("link", name="s3:ListAllMyBuckets").click()
    expect(page.get_by_role("row", name="ListBuckets")).to_be_visible()
    person.server.realm.forwarding = None
    page = person.at("/gateway")
    expect(page.get_by_text("There is no gateway")).to_be_visible()
    person.looks_right()
    iam.detach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.attach_user_policy(UserName="Ada", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    page = person.at("/gateway")
    expect(page.get_by_text("not authorized to perform: iamd:GetGateway")).to_be_visible()
