"""Services that call others for their callers: the caller's policies decide, and see through whom."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from msgspec import structs

from iamd.audit.event import ApiEvent
from iamd.gateway.directory import services
from iamd.gateway.forward_access import Access, ForwardAccess
from iamd.settings import load
from tests.gateway.policies import allow, deny, document, refused
from tests.live import Live, live

ATHENA = {"AccessKeyId": "ATHENAUPSTREAM00", "SecretAccessKey": "its own secret"}
GLUE = {"AccessKeyId": "GLUEUPSTREAMKEY0", "SecretAccessKey": "another secret"}


@pytest.fixture(scope="module")
def words() -> list[str]:
    """The words that the services behind the gateway were given, the last one last."""
    return []


@pytest.fixture(scope="module")
def gateway(moto: str, words: list[str]) -> Iterator[Live]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            words.append(self.headers.get("x-iamd-forward-access", ""))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    own = f"http://127.0.0.1:{server.server_port}"
    keys = ",".join(
        f"{name}.amazonaws.com={key['AccessKeyId']}:{key['SecretAccessKey']}"
        for name, key in (("athena", ATHENA), ("glue", GLUE))
    )
    forward = "athena=athena.amazonaws.com,glue=glue.amazonaws.com"
    with live(
        upstream={"athena": own, "glue": own, "*": moto}, upstream_services=keys, upstream_forward_access=forward
    ) as running:
        yield running
    server.shutdown()
    server.server_close()


@pytest.fixture
def alice(gateway: Live) -> dict[str, str]:
    """The key of a user that may ask Athena for queries, and read a bucket only by that."""
    gateway.reset()
    root = gateway.client("s3")
    root.create_bucket(Bucket="data")
    root.put_object(Bucket="data", Key="a", Body=b"x")
    iam = gateway.client("iam")
    iam.create_user(UserName="alice")
    reads = allow("s3:GetObject", "arn:aws:s3:::data/*", StringEquals={"aws:CalledViaLast": "athena.amazonaws.com"})
    grants = document(allow(["athena:StartQueryExecution", "glue:GetSecurityConfigurations"]), reads)
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=grants)
    key: dict[str, str] = iam.create_access_key(UserName="alice")["AccessKey"]
    return key


def asked(gateway: Live, key: dict[str, str], words: list[str]) -> str:
    """The word that Athena gets when that key's owner asks it for something."""
    gateway.client("athena", key).start_query_execution(QueryString="SELECT 1", WorkGroup="primary")
    return words[-1]


def service(gateway: Live, name: str, key: dict[str, str], word: str, signed: bool = True) -> Any:
    """A client as a service has it that forwards a word."""
    client = gateway.client(name, key)

    def add(request: Any, **_: Any) -> None:
        request.headers["x-iamd-forward-access"] = word

    client.meta.events.register("before-sign" if signed else "before-send", add)
    return client


def test_a_service_asks_for_its_caller(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    refused(gateway.client("s3", alice).get_object, Bucket="data", Key="a")
    athena = service(gateway, "s3", ATHENA, asked(gateway, alice, words))
    assert athena.get_object(Bucket="data", Key="a")["Body"].read() == b"x"
    message = refused(athena.put_object, Bucket="data", Key="b", Body=b"")
    assert "user/alice is not authorized to perform: s3:PutObject" in message


def test_kms_has_its_own_word_for_the_service(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    keys = gateway.client("kms")
    key = keys.create_key()["KeyMetadata"]["KeyId"]
    via = {"kms:ViaService": "athena.us-east-1.amazonaws.com", "kms:CallerAccount": "123456789012"}
    grants = allow("kms:ListGrants", StringEquals=via, Bool={"kms:GrantIsForAWSResource": "true"})
    gateway.client("iam").put_user_policy(UserName="alice", PolicyName="via", PolicyDocument=document(grants))
    refused(gateway.client("kms", alice).list_grants, KeyId=key)
    service(gateway, "kms", ATHENA, asked(gateway, alice, words)).list_grants(KeyId=key)


def test_what_the_caller_may_is_looked_up_each_time(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    athena = service(gateway, "s3", ATHENA, asked(gateway, alice, words))
    athena.get_object(Bucket="data", Key="a")
    iam = gateway.client("iam")
    iam.put_user_policy(
        UserName="alice",
        PolicyName="no",
        PolicyDocument=document(deny("s3:*", Bool={"aws:ViaAWSService": "true"})),
    )
    assert "explicit deny" in refused(athena.get_object, Bucket="data", Key="a")
    iam.delete_user_policy(UserName="alice", PolicyName="no")
    athena.get_object(Bucket="data", Key="a")
    iam.update_access_key(UserName="alice", AccessKeyId=alice["AccessKeyId"], Status="Inactive")
    refused(athena.get_object, "InvalidAccessKeyId", Bucket="data", Key="a")


def test_a_word_is_for_one_service_and_must_be_signed(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    word = asked(gateway, alice, words)
    refused(service(gateway, "s3", GLUE, word).get_object, "InvalidAccessKeyId", Bucket="data", Key="a")
    refused(service(gateway, "s3", ATHENA, word[:-8]).get_object, "InvalidAccessKeyId", Bucket="data", Key="a")
    refused(service(gateway, "s3", ATHENA, word, signed=False).get_object, "InvalidRequest", Bucket="data", Key="a")
    refused(service(gateway, "s3", alice, word).get_object, Bucket="data", Key="a")  # a client's own says nothing
    refused(gateway.client("s3", ATHENA).get_object, Bucket="data", Key="a")


def test_services_are_named_in_their_order(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    word = asked(gateway, alice, words)
    service(gateway, "glue", ATHENA, word).get_security_configurations()
    further = words[-1]
    assert further != word
    via_both = service(gateway, "s3", GLUE, further)
    refused(via_both.get_object, Bucket="data", Key="a")
    chain = {"aws:CalledViaFirst": "athena.amazonaws.com", "aws:CalledViaLast": "glue.amazonaws.com"}
    listed = {"aws:CalledVia": ["athena.amazonaws.com", "glue.amazonaws.com"]}
    statement = allow("s3:GetObject", **{"StringEquals": chain, "ForAllValues:StringEquals": listed})
    gateway.client("iam").put_user_policy(UserName="alice", PolicyName="chain", PolicyDocument=document(statement))
    via_both.get_object(Bucket="data", Key="a")


def test_a_session_is_forwarded_with_its_policy(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    gateway.client("iam").put_user_policy(
        UserName="alice", PolicyName="sts", PolicyDocument=document(allow("sts:GetFederationToken"))
    )
    narrow = document(allow("athena:*"), allow("s3:GetObject", "arn:aws:s3:::data/a"))
    federated = gateway.client("sts", alice).get_federation_token(Name="bob", Policy=narrow)["Credentials"]
    athena = service(gateway, "s3", ATHENA, asked(gateway, federated, words))
    athena.get_object(Bucket="data", Key="a")
    refused(athena.get_object, Bucket="data", Key="b")


def test_the_record_names_caller_and_service(
    gateway: Live, alice: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    athena = service(gateway, "s3", ATHENA, asked(gateway, alice, words))
    kept: list[ApiEvent] = []
    monkeypatch.setattr(type(gateway.realm.store), "append_event", lambda store, event: kept.append(event))
    athena.get_object(Bucket="data", Key="a")
    record = kept[0].record()
    assert record["userIdentity"]["userName"] == "alice"
    assert record["userIdentity"]["invokedBy"] == record["sourceIPAddress"] == "athena.amazonaws.com"


def test_a_word_expires(gateway: Live, alice: dict[str, str], words: list[str]) -> None:
    early = datetime.now(UTC) - timedelta(minutes=16)
    forward = ForwardAccess({"athena": "athena.amazonaws.com"}, gateway.realm)
    word = forward.given(services()["athena"], Access(alice["AccessKeyId"], None), early)
    assert word is not None
    refused(service(gateway, "s3", ATHENA, word.decode()).get_object, "ExpiredToken", Bucket="data", Key="a")


def test_a_program_whose_session_has_ended_is_forwarded_no_more(gateway: Live, alice: dict[str, str]) -> None:
    """Those of `aws login` end before their credentials expire: here, one that is not on record."""
    federated = gateway.client("sts", alice).get_session_token()["Credentials"]["SessionToken"]
    arn = "arn:aws:signin:us-east-1:123456789012:session/ended"
    session = structs.replace(
        gateway.realm.tokens.open(federated), kind="sign-in", extras={"aws:signinsessionarn": arn}
    )
    access = Access(session.access_key_id, gateway.realm.tokens.seal(session), ("athena.amazonaws.com",), 2**40)
    word = base64.urlsafe_b64encode(gateway.realm.sealer.seal(msgspec.msgpack.encode(access), b"forward access"))
    refused(service(gateway, "s3", ATHENA, word.decode()).get_object, "ExpiredToken", Bucket="data", Key="a")


def test_only_declared_services_are_given_a_word(gateway: Live) -> None:
    forward = ForwardAccess({"athena": "athena.amazonaws.com"}, gateway.realm)
    assert forward.given(services()["s3"], Access("AKIA", None), datetime.now(UTC)) is None
    assert forward.given(services()["athena"], None, datetime.now(UTC)) is None


def test_a_declared_service_needs_a_key() -> None:
    with pytest.raises(ValueError, match="has no key in `upstream_services`"):
        load({"upstream_forward_access": "athena=athena.amazonaws.com"}, {})
