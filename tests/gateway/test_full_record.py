"""What cannot be recorded is not done, and whoever asks is told so in the words of what they asked."""

from __future__ import annotations

import json

import pytest

from iamd.gateway import recording
from iamd.store import waiting
from tests.authorization.conftest import Asker, send
from tests.gateway.conftest import Make
from tests.gateway.policies import allow, document, refused
from tests.live import Live


def test_a_request_is_not_forwarded(gateway: Live, user: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = user("alice", allow("s3:*"), allow("dynamodb:*"))
    s3 = alice("s3")
    s3.create_bucket(Bucket="recorded")
    with monkeypatch.context() as now:
        now.setattr(waiting, "MAX_EVENTS", 0)
        refused(s3.put_object, "ServiceUnavailable", Bucket="recorded", Key="a", Body=b"x")
        refused(alice("dynamodb").list_tables, "ServiceUnavailable")
    assert "Contents" not in s3.list_objects_v2(Bucket="recorded")


def test_what_long_names_of_programs_ask_is_recorded_without_remembering_them(gateway: Live, user: Make) -> None:
    s3 = user("alice", allow("s3:*"))("s3")
    s3.create_bucket(Bucket="named")
    s3.meta.events.register("before-send.s3", lambda request, **_: request.headers.update({"User-Agent": "x" * 2000}))
    s3.list_objects_v2(Bucket="named")
    asked = [{"AttributeKey": "EventName", "AttributeValue": "ListObjectsV2"}]
    event = gateway.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"][0]
    assert json.loads(event["CloudTrailEvent"])["userAgent"] == "x" * 1024
    assert not [place for place in recording._usuals if place[5] == b"x" * 2000]


def test_a_proxy_and_a_program_are_told_503(gateway: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    iam = gateway.client("iam")
    iam.create_user(UserName="program")
    grants = document(allow(["iamd:*", "execute-api:*"]))
    iam.put_user_policy(UserName="program", PolicyName="own", PolicyDocument=grants)
    made = iam.create_service_specific_credential(UserName="program", ServiceName="iamd")
    token = made["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    bearer = {"authorization": f"Bearer {token}", "x-forwarded-method": "GET", "x-forwarded-uri": "/a"}
    url = f"{gateway.endpoint}/_iamd/forward-auth/shop"
    assert send(url, headers=bearer).status == 200
    asked = {
        "subject": {"type": "user", "id": "program"},
        "action": {"name": "s3:GetObject"},
        "resource": {"type": "todo", "id": "1"},
    }
    assert Asker(gateway.endpoint, token)("evaluation", asked).status == 200
    monkeypatch.setattr(waiting, "MAX_EVENTS", 0)
    proxied, answered = send(url, headers=bearer), Asker(gateway.endpoint, token)("evaluation", asked)
    assert (proxied.status, answered.status) == (503, 503)
    assert "x-iamd-principal" not in {name.lower() for name in proxied.headers}
    assert proxied.body == answered.body == b"Service Unavailable. Please try again later."
