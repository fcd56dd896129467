"""What an address may cost that proves nothing: failures are counted, and neighbours with good keys are not shut out."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller.buckets import BURST, SECOND, Buckets
from iamd.caller.strangers import NETWORKS, Strangers, place_of
from iamd.services.catalogue import APIS
from iamd.services.throttle import Rates, Throttle
from iamd.wire.errors import AccessDenied, Throttling
from tests.live import ROOT_KEY, Live, live
from tests.services.iam.support import refused

THERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"
WRONG = {"AccessKeyId": ROOT_KEY, "SecretAccessKey": "wrong"}
UNKNOWN = {"AccessKeyId": "AKIAIOSFODNN7UNKNOWN", "SecretAccessKey": "wrong"}
FORM = "application/x-www-form-urlencoded"


class Clock:
    """A clock that stands still."""

    now = 0

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def running_server() -> Iterator[Live]:
    with live(trusted_proxies="127.0.0.1/32", upstream={"s3": "http://127.0.0.1:9"}) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(running_server: Live, clock: Clock) -> Live:
    """A server behind a proxy, of which an address may ask for one failure a second."""
    running_server.reset()
    running_server.realm.strangers = Strangers(1, Buckets(clock))
    return running_server


def outcome(server: Live, key: Any = None, address: str = THERE, service: str = "sts") -> tuple[str, str]:
    """The error's code of a call from an address, or OK; and what it says about trying again."""
    client = server.client(service, key)
    client.meta.events.register(
        f"before-sign.{service}", lambda request, **_: request.headers.add_header("X-Forwarded-For", address)
    )
    try:
        client.list_buckets() if service == "s3" else client.get_caller_identity()
    except ClientError as error:
        headers = error.response["ResponseMetadata"]["HTTPHeaders"]
        return error.response["Error"]["Code"], headers.get("retry-after", "")
    return "OK", ""


def ask(server: Live, path: str, body: str = "", address: str = THERE, **headers: str) -> tuple[int, str | None, bytes]:
    """Status, what is said about trying again, and body of the answer to a POST."""
    connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, {"X-Forwarded-For": address, "Content-Type": FORM, **given})
    answer = connection.getresponse()
    told = answer.status, answer.getheader("retry-after"), answer.read()
    connection.close()
    return told


@pytest.mark.parametrize(
    ("key", "refusal"), [(WRONG, "SignatureDoesNotMatch"), (UNKNOWN, "InvalidClientTokenId")], ids=["secret", "key"]
)
def test_failed_signatures_of_an_address_are_limited_and_good_ones_are_not(
    server: Live, clock: Clock, key: dict[str, str], refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outcome(server) == ("OK", "")
    assert [outcome(server, key) for _ in range(BURST)] == [(refusal, "")] * BURST
    sought: list[str] = []
    monkeypatch.setattr(type(server.realm.store), "load_key", lambda store, key_id: sought.append(key_id))
    assert [outcome(server, key) for _ in range(2)] == [("Throttling", "1")] * 2
    assert not sought  # nothing was looked up
    monkeypatch.undo()
    assert outcome(server) == ("OK", "")  # a neighbour, or the same client with its other key
    assert outcome(server, key, ELSEWHERE) == (refusal, "")
    clock.now += SECOND
    assert [outcome(server, key)[0] for _ in range(2)] == [refusal, "Throttling"]


def test_the_gateway_says_it_as_s3_does(server: Live) -> None:
    assert [outcome(server, WRONG, service="s3")[0] for _ in range(BURST)] == ["SignatureDoesNotMatch"] * BURST
    assert outcome(server, WRONG, service="s3") == ("SlowDown", "1")
    assert outcome(server, UNKNOWN, service="s3") == ("SlowDown", "1")
    assert outcome(server, service="s3")[0] == "ServiceUnavailable"  # who is known is sent on: there is nobody


def test_of_somebody_without_a_key_no_long_body_is_kept(server: Live) -> None:
    host, _, port = urlsplit(server.endpoint).netloc.partition(":")
    scope = f"{datetime.now(UTC):%Y%m%d}/us-east-1/sqs/aws4_request"
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(
            f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nX-Amz-Date: {datetime.now(UTC):%Y%m%dT%H%M%SZ}\r\n"
            f"X-Forwarded-For: {THERE}\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nExpect: 100-continue\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={UNKNOWN['AccessKeyId']}/{scope}, "
            f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {15 << 20}\r\n\r\n".encode()
        )
        answer = sock.recv(65536)
    assert b"The security token included in the request is invalid" in answer
    assert b"100 Continue" not in answer


def test_requests_without_signature_are_limited(server: Live) -> None:
    unsigned = "Action=GetUser&Version=2010-05-08"
    assert [ask(server, "/", unsigned)[0] for _ in range(BURST)] == [403] * BURST
    status, again, body = ask(server, "/", unsigned)
    assert (status, again) == (400, "1")
    assert b"<Code>Throttling</Code>" in body
    sign_in = (
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr"
        "&RoleSessionName=session&WebIdentityToken=token"
    )
    assert b"<Code>Throttling</Code>" in ask(server, "/", sign_in)[2]
    assert b"<Code>Throttling</Code>" not in ask(server, "/", sign_in, ELSEWHERE)[2]


def test_what_is_asked_wrongly_without_signature_is_limited_too(server: Live) -> None:
    malformed = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x"
    asked = [ask(server, "/", malformed)[2] for _ in range(BURST + 1)]
    assert [b"<Code>ValidationError</Code>" in each for each in asked] == [True] * BURST + [False]
    assert b"<Code>Throttling</Code>" in asked[-1]


def test_the_gateway_counts_who_shows_nothing(server: Live) -> None:
    no_policy = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
    no_policy += b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nf\r\n--x--\r\n'
    for number, form in enumerate((no_policy, b"--x--\r\n")):
        address = f"198.51.100.{200 + number}"
        told = [
            ask(server, "/bucket", form.decode(), address, Content_Type="multipart/form-data; boundary=x")
            for _ in range(BURST + 1)
        ]
        assert not any(b"SlowDown" in body for _, _, body in told[:-1]), told
        assert (told[-1][0], told[-1][1]) == (503, "1")
        assert b"SlowDown" in told[-1][2]


def test_an_address_tells_a_place() -> None:
    assert place_of("203.0.113.7") == place_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert place_of("2001:db8:1:2::1") == place_of("2001:db8:1:2:ffff::2") == "2001:db8:1:2::/64"
    assert place_of("2001:db8:1:3::1") != place_of("2001:db8:1:2::1")
    assert {place_of(own) for own in ("127.0.0.1", "::1", "::ffff:127.0.0.9", "")} == {None}


def test_many_networks_of_one_site_count_together() -> None:
    strangers = Strangers(1, Buckets(Clock()))
    for number in range(NETWORKS * BURST):
        strangers.take(f"2001:db8:1:{number:x}::1")
    for elsewhere in ("2001:db8:1:ffff::1", "2001:db8:1::1"):
        with pytest.raises(Throttling):
            strangers.take(elsewhere)
    strangers.take("2001:db8:2::1")
    strangers.give_back("2001:db8:1::1")
    strangers.take("2001:db8:1:ffff::1")  # what was refused took nothing of its own network
    with pytest.raises(Throttling):
        strangers.take("2001:db8:1:ffff::1")


def test_a_server_counts_unless_it_is_told_otherwise() -> None:
    anybody = Strangers(0)
    for _ in range(1000):
        anybody.take(THERE)
    with live(stranger_rate=1, throttle="identity=1,reads=50") as server:
        assert [outcome(server)[0] for _ in range(BURST)] == ["OK"] * BURST
        assert outcome(server) == ("Throttling", "1")  # root has called so often, whatever it was
        assert refused(server.client("iam").list_users) == ("Throttling", "Rate exceeded")
        strangers = server.realm.strangers
        for _ in range(1000):
            strangers.take("127.0.0.1")
        for _ in range(BURST):
            strangers.take(THERE)
        with pytest.raises(Throttling):
            strangers.take(THERE)
        server.reset()
        server.realm.strangers.take(THERE)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["fails", "succeeds", "waits"]), st.integers(0, 2)), max_size=60))
def test_only_what_fails_is_counted(steps: list[tuple[str, int]]) -> None:
    clock, tokens = Clock(), float(3 * BURST)
    strangers = Strangers(3, Buckets(clock))
    for step, seconds in steps:
        if step == "waits":
            clock.now += seconds * SECOND
            tokens = min(3 * BURST, tokens + 3 * seconds)
        elif step == "succeeds" and tokens >= 1:
            strangers.take(THERE)
            strangers.give_back(THERE)
        elif step == "fails":
            with pytest.raises(AccessDenied if tokens >= 1 else Throttling), strangers.counted(THERE):
                raise AccessDenied
            tokens -= tokens >= 1


def test_an_identity_has_a_rate_over_all_that_it_calls() -> None:
    throttle = Throttle(Rates(reads=50, identity=1), Buckets(Clock()))
    operations = [
        APIS["iam"].operations[name] for name in ("ListUsers", "ListRoles", "ListGroups", "GetUser", "GetRole")
    ]
    for operation in operations:
        throttle.take("a", "AIDA1", operation)
    for other in (operations[0], APIS["sts"].operations["GetCallerIdentity"]):
        with pytest.raises(Throttling):
            throttle.take("a", "AIDA1", other)
    throttle.take("a", "AIDA2", operations[0])
    throttle.take("b", "AIDA1", operations[0])
    with pytest.raises(Throttling):
        throttle.take_forwarded("a", "AIDA1", "s3", "GetObject")


def test_forward_auth_sends_nobody_to_sign_in_who_asks_too_often(server: Live) -> None:
    door = "/_iamd/forward-auth/orders"
    told = {"X_Forwarded_Method": "GET", "X_Forwarded_Uri": "/", "Authorization": "Bearer IAMDabc"}
    assert [ask(server, door, **told)[0] for _ in range(BURST)] == [401] * BURST
    assert ask(server, door, **told)[:2] == (429, "1")
    assert ask(server, door)[:2] == (429, "1")  # it does not say what is asked
