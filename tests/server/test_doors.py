"""Every way in which a request can end without an identity takes from its address's allowance; and without a token nothing
is looked up, loaded or hashed for it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamd.caller import passwords
from iamd.caller.buckets import BURST, Buckets
from iamd.caller.strangers import Strangers
from iamd.console import visitors
from iamd.console.portal import visitors as portal_visitors
from iamd.services.scim import tokens as scim_tokens
from iamd.services.signin.passwords import Visit
from iamd.store.image import Records
from iamd.store.store import Store
from iamd.wire.errors import Throttling
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET, Live, live

UNKNOWN = "AKIAIOSFODNN7UNKNOWN"
STORE_ID = "d-1234567890"
FORM, JSON, XML = "application/x-www-form-urlencoded", "application/json", "text/html"
BEARER = "Bearer IAMD" + base64.b64encode(f"x-at-{ACCOUNT}:secret".encode()).decode()
UPLOAD = {"Content-Type": "multipart/form-data; boundary=x"}
API, GATEWAY, DOOR = 400, 503, 429  # what too much is answered


@dataclass
class Door:
    """A request that ends without an identity: how it is answered, and how when there was too much."""

    name: str
    request: str
    refused: int
    full: int = DOOR
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""  # of whom


def call(action: str, version: str = "2010-05-08", **values: str) -> str:
    return urlencode({"Action": action, "Version": version, **values})


def sts(action: str, **values: str) -> str:
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/some-role"}
    return call(action, "2011-06-15", **role, **values)


def signed(service: str, rest: str = "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64) -> dict[str, str]:
    """The headers of a signature by a key that there is not."""
    at = datetime.now(UTC)
    scope = f"{at:%Y%m%d}/us-east-1/{service}/aws4_request"
    return {
        "X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={UNKNOWN}/{scope}, {rest}",
    }


def upload(**fields: str) -> str:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    return "".join((*parts, "--x--\r\n"))


def presigned() -> str:
    at = datetime.now(UTC)
    credential = f"{UNKNOWN}/{at:%Y%m%d}/us-east-1/sts/aws4_request"
    return urlencode(
        {
            "Action": "GetCallerIdentity",
            "Version": "2011-06-15",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": credential,
            "X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
            "X-Amz-Expires": "60",
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": "0" * 64,
        }
    )


S3_SIGNED = "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + "0" * 64
UNSIGNED = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
FORWARDED = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/"}
BROWSER = {"Accept": XML}
TARGET = {
    "X-Amz-Target": "AWSOrganizationsV20161128.DescribeOrganization",
    "Content-Type": "application/x-amz-json-1.1",
}
CLIENT = {"clientId": "id", "clientSecret": "secret"}
DOORS = [
    Door("nothing", "POST /", 403, API, call("GetUser")),
    Door("nothing, JSON", "POST /", 400, API, "{}", TARGET),
    Door("half a signature", "POST /", 400, API, call("GetUser"), signed("iam", "")),
    Door("another scheme", "POST /", 400, API, call("GetUser"), {"Authorization": "Basic eDp5"}),
    Door("version 2", f"GET /?AWSAccessKeyId={UNKNOWN}&{call('GetUser')}", 400, API),
    Door("an unknown key", "POST /", 403, API, call("GetUser"), signed("iam")),
    Door("presigned", f"GET /?{presigned()}", 403, API),
    Door("no session", "POST /", 403, API, call("GetUser"), {**signed("iam"), "X-Amz-Security-Token": "none"}),
    Door(
        "web identity", "POST /", 400, API, sts("AssumeRoleWithWebIdentity", RoleSessionName="me", WebIdentityToken="t")
    ),
    Door("web identity, half", "POST /", 400, API, sts("AssumeRoleWithWebIdentity")),
    Door("SAML", "POST /", 400, API, sts("AssumeRoleWithSAML", PrincipalArn="p" * 20, SAMLAssertion="YWJjZA==")),
    Door("a device", "POST /device_authorization", 401, API, json.dumps({**CLIENT, "startUrl": "https://d"})),
    Door(
        "a program", "POST /token", 401, API, json.dumps({**CLIENT, "grantType": "refresh_token", "refreshToken": "r"})
    ),
    Door("the portal's API", "GET /assignment/accounts", 401, headers={"x-amz-sso_bearer_token": "none"}),
    Door("aws login", "POST /v1/token", 400, DOOR, json.dumps({"clientId": "arn:aws:signin:::devtools/same-device"})),
    Door("S3, half a signature", "GET /bucket/key", 400, API, headers=signed("s3", "")),
    Door("S3, no digest", "GET /bucket/key", 400, GATEWAY, headers=signed("s3")),
    Door("S3", "GET /bucket/key", 403, GATEWAY, headers={**signed("s3", S3_SIGNED), **UNSIGNED}),
    Door("SQS", "POST /", 403, API, "{}", {**signed("sqs"), "X-Amz-Target": "AmazonSQS.SendMessage"}),
    Door("a form of no one", "POST /bucket", 403, GATEWAY, upload(key="k", file="f"), UPLOAD),
    Door("a form of nothing", "POST /bucket", 400, GATEWAY, "--x--\r\n", UPLOAD),
    Door("a decision", "POST /access/v1/evaluation", 401),
    Door("a decision, by a token", "POST /access/v1/evaluation", 401, headers={"Authorization": BEARER}),
    Door("a decision, signed", "POST /access/v1/evaluation", 401, headers=signed("iamd")),
    Door("MinIO", "POST /access/v1/minio", 401, headers={"Authorization": BEARER}),
    Door("forward-auth of nothing", "GET /_iamd/forward-auth/api", 403),
    Door("forward-auth", "GET /_iamd/forward-auth/api", 401, headers=FORWARDED),
    Door(
        "forward-auth, by a token", "GET /_iamd/forward-auth/a", 401, DOOR, "", {**FORWARDED, "Authorization": BEARER}
    ),
    Door("forward-auth, named", "GET /_iamd/forward-auth/a", 401, DOOR, "", {**FORWARDED, "X-Iamd-Subject": "root"}),
    Door(
        "forward-auth, a proxy", "GET /_iamd/forward-auth/a", 401, DOOR, "", {**FORWARDED, "X-Iamd-Token": BEARER[7:]}
    ),
    Door("ext-authz", "GET /_iamd/ext-authz/api/items", 401),
    Door("SCIM", f"GET /{STORE_ID}/scim/v2/Users", 401),
    Door("SCIM, an old token", f"GET /{STORE_ID}/scim/v2/Users", 401, cookie="scim"),
    Door("no issuer", f"GET /_iamd/issuers/{ACCOUNT}/{STORE_ID:0<36}/.well-known/jwks.json".replace("d-", "00"), 404),
    Door("no account's issuer", f"GET /_iamd/issuers/999999999999/{'0' * 36}/.well-known/jwks.json", 404),
    Door("no edge node", "GET /_iamd/edge/state", 401),
    Door("no edge node's events", "POST /_iamd/edge/events", 401, body="x", headers={"Authorization": "Bearer x"}),
    Door("metrics", "GET /_iamd/metrics", 200),
    Door("reset", "POST /_iamd/reset", 403),
    Door("a certificate", "POST /sessions", 403, API, headers={"Authorization": "AWS4-X509-ECDSA-SHA256 Credential=1"}),
    Door("sign-in", "POST /console/sign-in", 403),
    Door("an account's sign-in", f"GET /console/sign-in?account={ACCOUNT}", 200),
    Door("OpenID", f"GET /console/sign-in/openid/{ACCOUNT}/idp", 403),
    Door("aws login's page", "GET /v1/authorize?client_id=x", 400),
    Door("a broker", "GET /federation?Action=getSigninToken&Session=none", 400),
    Door("a link", "GET /federation?Action=login&SigninToken=none&Destination=%2Fconsole%2F", 400),
    Door("a SAML form", "POST /saml", 403, body="SAMLResponse=YWJjZA%3D%3D"),
    Door("a call", "POST /console/api/iam/ListUsers", 401, body="{}", headers={"Content-Type": JSON}),
    Door("an old session", "GET /console/me/terminal", 401, cookie="console"),
    Door("the portal", "GET /start", 404, headers=BROWSER),
    Door("a portal", f"GET /start/{STORE_ID}", 404, headers=BROWSER),
    Door("the portal, an old session", "GET /start", 404, headers=BROWSER, cookie="portal"),
    Door("the portal's sign-in", "POST /start", 403),
    Door("a portal's metadata", f"GET /start/saml/{STORE_ID}", 404),
    Door("a portal's response", f"POST /start/saml/{STORE_ID}", 404, body="SAMLResponse=YWJjZA%3D%3D"),
    Door("a password's link", "GET /start/password?link=none", 403, headers=BROWSER),
    Door("a device's code", "GET /device?user_code=BCDF-GHJK", 404, headers=BROWSER),
    Door("a program's page", "GET /authorize?client_id=x", 404, headers=BROWSER),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server behind a proxy, of which an address may ask for five failures, and no more of them come."""
    edges: Path = tmp_path_factory.mktemp("edges") / "edges.toml"
    edges.write_text(f'[edges.one]\ntoken_sha256 = "{sha256(b"token").hexdigest()}"\n')
    upstream = {"s3": "http://127.0.0.1:9", "sqs": "http://127.0.0.1:9"}
    with live(trusted_proxies="127.0.0.1/32", upstream=upstream, edges=edges, metrics="public") as running:
        running.realm.strangers = Strangers(1, Buckets(lambda: 1))
        yield running


@pytest.fixture(scope="module")
def held(server: Live) -> dict[str, dict[str, str]]:
    """What was sealed here for somebody who is signed in no more."""
    realm = server.realm
    visit = Visit(realm, datetime.now(UTC), "", "", "", None)
    console = visitors._Pass(ACCOUNT, "none", visitors.digest_of_agent(visit), int(visit.now.timestamp()))
    portal = portal_visitors._Pass(ACCOUNT, "none", visitors.digest_of_agent(visit))
    scim = scim_tokens._Token(ACCOUNT, "none").sealed(realm.sealer)
    return {
        "": {},
        "console": {"Cookie": f"iamd-console={console.sealed(realm.sealer)}"},
        "portal": {"Cookie": f"iamd-portal={portal.sealed(realm.sealer)}"},
        "scim": {"Authorization": f"Bearer {scim}"},
    }


def knock(server: Live, door: Door, address: str, held: dict[str, str]) -> tuple[int, str | None, bytes]:
    """Status, what is said about trying again, and body."""
    method, _, path = door.request.partition(" ")
    connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc)
    headers = {"X-Forwarded-For": address, "Content-Type": FORM, **door.headers, **held}
    connection.request(method, path, door.body or None, headers)
    answer = connection.getresponse()
    told = answer.status, answer.getheader("retry-after"), answer.read()
    connection.close()
    return told


def left(strangers: Strangers, address: str) -> int:
    """How many tokens an address had, which it has not any more."""
    for number in range(BURST + 1):
        try:
            strangers.take(address)
        except Throttling:
            return number
    raise AssertionError


def _in_requests_of(server: Live, usual: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """What requests to that server do in place of what they do usually, as its jobs and other servers go on doing."""
    jobs = asyncio.all_tasks(server.loop)

    def done(store: Store, *args: Any, **values: Any) -> Any:
        is_asked = store is server.realm.store and asyncio.current_task() not in jobs
        return (other if is_asked else usual)(store, *args, **values)

    return done


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_what_ends_without_an_identity_is_counted_and_costs_nothing_beyond(
    server: Live, held: dict[str, dict[str, str]], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, strangers = f"198.51.100.{DOORS.index(door)}", server.realm.strangers
    status, again, body = knock(server, door, address, held[door.cookie])
    assert (status, again) == (door.refused, None), body
    assert left(strangers, address) < BURST

    def costs(*args: Any, **values: Any) -> Any:
        raise AssertionError("this costs something")

    for name in ("load", "load_key", "holders", "write"):
        monkeypatch.setattr(Store, name, _in_requests_of(server, getattr(Store, name), costs))
    nothing = _in_requests_of(server, Store.records, lambda store, account_id: None)  # none is in memory
    monkeypatch.setattr(Store, "records", nothing)
    monkeypatch.setattr(passwords, "matches", costs)
    status, again, body = knock(server, door, address, held[door.cookie])
    assert (status, again) == (door.full, "1"), body


def test_a_portal_is_found_without_a_look_into_others(server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [server.add_account(f"11112222333{number}") for number in range(3)]
    stores = [server.client("sso-admin", key).create_instance()["InstanceArn"] for key in keys]
    told = [
        server.client("sso-admin", key).describe_instance(InstanceArn=arn)
        for key, arn in zip(keys, stores, strict=True)
    ]
    load, loaded = Store.load, []

    async def spy(store: Store, account_id: str) -> Records:
        loaded.append(account_id)
        return await load(store, account_id)

    monkeypatch.setattr(Store, "load", _in_requests_of(server, load, spy))
    monkeypatch.setattr(Store, "records", _in_requests_of(server, Store.records, lambda store, account_id: None))
    asked = Door("a portal", f"GET /start/{told[1]['IdentityStoreId']}", 200, headers=BROWSER)
    assert knock(server, asked, "192.0.2.1", {})[0] == 200
    assert set(loaded) == {"111122223331"}
    loaded.clear()
    assert knock(server, Door("any", "GET /start", 404, headers=BROWSER), "192.0.2.2", {})[0] == 404
    assert len(set(loaded)) == 2  # then it is known that there are several


def test_no_cookie_takes_long_to_read(server: Live) -> None:
    started = time.process_time()
    for cookie in ("\\" * 50_000, '\\"' * 25_000):
        asked = Door("a cookie", "GET /console/sign-in", 200, headers={"Cookie": f'iamd-console="{cookie}"'})
        assert knock(server, asked, "192.0.2.4", {})[0] == 200
    assert time.process_time() < started + 1


def test_from_elsewhere_only_root_resets(server: Live) -> None:
    def reset(key: Any, **headers: str) -> int:
        given = {"X-Forwarded-For": "192.0.2.3", **headers}
        request = AWSRequest("POST", f"{server.endpoint}/_iamd/reset", given, b"")
        if key is not None:
            SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "iamd", "us-east-1").add_auth(request)
        return knock(
            server, Door("reset", "POST /_iamd/reset", 0, headers=dict(request.headers)), "192.0.2.3", headers
        )[0]

    other = server.add_account("111122223339")
    iam = server.client("iam")
    iam.create_user(UserName="alice")
    assert reset(None) == reset(other) == reset(iam.create_access_key(UserName="alice")["AccessKey"]) == 403
    page = {"X-Forwarded-For": "127.0.0.1", "Origin": "https://example.com"}
    assert reset(None, **page) == 403
    assert iam.list_users()["Users"]
    assert reset({"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET}) == 200
    assert not iam.list_users()["Users"]
