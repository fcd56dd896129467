"""What a control plane tells an edge node: of its own accounts only, no passwords, and nothing to who has no token."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec
import pytest
from botocore.exceptions import ClientError

from iamd.caller.buckets import BURST, Buckets
from iamd.caller.strangers import Strangers
from iamd.server.edge_link import Broken, Dismissed, EdgeLink
from iamd.server.edges import BadEdges, Edge, EdgeDoor, Edges
from iamd.server.endpoints import Endpoints
from iamd.store import StoreError, opening
from iamd.store.edge.database import EdgeDatabase
from iamd.store.edge.messages import Delta, State, Told
from iamd.store.errors import Refused
from iamd.store.interface import Group
from iamd.store.rows import micros
from iamd.store.runs import Run
from iamd.store.spool import batches
from iamd.store.waiting import Kept, Shape
from iamd.wire.http import Answer, HttpRequest
from tests.authorization.conftest import Asker, send
from tests.edge.test_edge_node import TOKEN, entry
from tests.live import ACCOUNT, Live, live
from tests.store.samples import NOW, on_loop

STRANGER = "210987654321"
LIMITED = "the-token-of-a-limited-one"


@pytest.fixture(scope="module")
def edges_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("control") / "edges.toml"
    file.write_text(entry("all", TOKEN) + entry("some", LIMITED, ACCOUNT))
    return file


@pytest.fixture(scope="module")
def control(edges_file: Path) -> Iterator[Live]:
    with live(edges=str(edges_file), root_email="root@example.com", root_password="Correct-Horse-1") as server:
        server.add_account(STRANGER)
        server.client("iam").create_user(UserName="alice")
        server.client("iam").create_login_profile(UserName="alice", Password="Correct-Horse-2")
        server.client("iam").create_access_key(UserName="alice")
        yield server


def filled(control: Live, folder: Path, token: str) -> EdgeDatabase:
    """An edge node's database after the first look; it is the caller's to close."""
    database = opening.edge(folder, control.endpoint, 300)
    asyncio.run(EdgeLink(database, token).begin())
    return database


def posted(control: Live, group: Group, token: str) -> int:
    request = Request(
        f"{control.endpoint}/_iamd/edge/events", next(batches(group)), {"authorization": f"Bearer {token}"}
    )
    with urlopen(request) as answer:
        return int(answer.status)


def test_an_edge_node_is_told_of_its_accounts_and_no_more_than_it_needs(control: Live, tmp_path: Path) -> None:
    everything, some = filled(control, tmp_path / "all", TOKEN), filled(control, tmp_path / "some", LIMITED)
    assert set(everything.revisions) == {ACCOUNT, STRANGER}
    assert set(some.revisions) == {ACCOUNT}
    assert everything.keyring.token_keys == control.realm.store.keyring.token_keys
    assert some.keyring.token_keys == {}
    records, _ = asyncio.run(some.load(ACCOUNT))
    assert [user.name for user in records.users] == ["alice"]
    assert len(records.access_keys) >= 2
    assert records.account.root_password is None
    assert not list(records.login_profiles)
    for database in (everything, some):
        asyncio.run(database.close())


def test_an_edge_node_of_a_former_version_is_not_told_everything_again_and_again(
    control: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not say which accounts it was told of."""
    monkeypatch.setattr("iamd.server.edges.WAIT", 0.0)

    def told(query: str) -> State:
        url = f"{control.endpoint}/_iamd/edge/state?{query}"
        with urlopen(Request(url, headers={"authorization": f"Bearer {LIMITED}"})) as answer:
            return msgspec.msgpack.decode(zlib.decompress(answer.read()), type=State)

    first = told("")
    assert (first.whole, first.mark is not None) == (True, True)
    mark = "position={}&writer={}&time={}&key={}".format(*(first.mark or ()), first.newest_key)
    assert (told(mark).whole, told(f"{mark}&scope={first.scope}").whole) == (False, False)
    assert told(f"{mark}&scope=all").whole


def test_accounts_that_are_taken_from_an_edge_node_or_given_to_it_count_at_once(
    control: Live, edges_file: Path, tmp_path: Path
) -> None:
    told, changing = edges_file.read_text(), "the-token-of-one-that-changes"
    keys = control.realm.store.keyring.token_keys
    edges_file.write_text(told + entry("changing", changing))
    database = filled(control, tmp_path, changing)
    assert database.keyring.token_keys == keys

    async def follow() -> None:
        running = asyncio.create_task(EdgeLink(database, changing).run())
        try:
            for accounts, keys_told in (((ACCOUNT,), {}), ((ACCOUNT, STRANGER), {}), ((STRANGER,), {}), ((), keys)):
                edges_file.write_text(told + entry("changing", changing, *accounts))
                async with asyncio.timeout(20):
                    while set(database.revisions) != set(accounts or (ACCOUNT, STRANGER)):
                        await asyncio.sleep(0.02)
                assert database.keyring.token_keys == keys_told
                records, _ = await database.load(ACCOUNT)
                assert bool(list(records.access_keys)) == (not accounts or ACCOUNT in accounts)
        finally:
            running.cancel()
            await asyncio.wait((running,))
            await database.close()

    asyncio.run(follow())
    edges_file.write_text(told)


@pytest.mark.parametrize("path", ["state", f"accounts/{ACCOUNT}"])
def test_nobody_is_told_anything_without_a_token_that_counts(control: Live, path: str, tmp_path: Path) -> None:
    for header in ("", "Bearer ", "Bearer wrong", f"Basic {TOKEN}"):
        assert refused(control, path, header) == 401
    assert refused(control, path + "/../../none", f"Bearer {TOKEN}") in (403, 404)
    assert refused(control, f"accounts/{STRANGER}", f"Bearer {LIMITED}") == 403
    for mark in ("position=1", "position=1&writer=1&time=x", "key=x"):
        assert refused(control, f"state?{mark}", f"Bearer {TOKEN}") == 400
    with pytest.raises(Dismissed, match="401"):
        filled(control, tmp_path, "wrong")


def refused(control: Live, path: str, authorization: str) -> int:
    with pytest.raises(HTTPError) as error:
        urlopen(Request(f"{control.endpoint}/_iamd/edge/{path}", headers={"authorization": authorization}))
    with error.value:
        return error.value.code


def test_records_are_taken_over_once_those_of_others_and_what_is_no_record_not_at_all(control: Live) -> None:
    store = control.realm.store
    control.client("sts").get_caller_identity()
    control.run(store.flush())
    [known] = control.run(store.runs_behind(0, 1))[0].records()[:1]

    def record(account_id: str, content: bytes = known.record) -> Group:
        return Group(runs=[Run(1, account_id, micros(NOW), "the-event", content)])

    before = control.run(store.last_event())
    assert [posted(control, record(ACCOUNT), LIMITED) for _ in range(2)] == [204, 204]
    assert control.run(store.last_event()) == before + 1
    assert refused_post(control, next(batches(record(STRANGER))), LIMITED) == 403
    assert refused_post(control, next(batches(record(ACCOUNT, b"{}"))), TOKEN) == 400
    assert refused_post(control, zlib.compress(b"junk"), TOKEN) == 400


def test_what_is_too_long_is_divided_and_what_is_not_taken_stands_in_no_others_way(tmp_path: Path) -> None:
    file = tmp_path / "edges.toml"
    file.write_text(entry("some", LIMITED, ACCOUNT))
    with live(edges=str(file), max_body_bytes=1500) as control:
        store = control.realm.store
        control.add_account(STRANGER)
        control.client("sts").get_caller_identity()
        control.run(store.flush())
        [known] = control.run(store.runs_behind(0, 1))[0].records()[:1]
        before = control.run(store.last_event())
        database = filled(control, tmp_path / "edge", LIMITED)

        async def hand_over() -> None:
            # Together they are longer than a request may be, and those of the first account alone as well.
            kept = [Kept(Shape(ACCOUNT, known.record), NOW, event_id=token_hex(64)) for _ in range(40)]
            kept.insert(7, Kept(Shape(STRANGER, known.record), NOW, event_id="the-stranger"))
            await database.commit(Group(kept=kept))
            link = EdgeLink(database, LIMITED)
            running = asyncio.create_task(link.run())
            try:
                async with asyncio.timeout(30):
                    while await database.spool.first() is not None or not link.set_apart:
                        await asyncio.sleep(0.02)
                    endpoints = Endpoints(ready=lambda: True)
                    endpoints.set_apart = lambda: link.set_apart
                    health = await endpoints.answer(HttpRequest("GET", b"/_iamd/health", b"", [], b"", "", False))
                    assert json.loads(health.body)["setApart"] == 1
                    file.write_text(entry("some", LIMITED, ACCOUNT, STRANGER))
                    while await database.spool.first() is not None or link.set_apart:
                        await asyncio.sleep(0.02)
            finally:
                running.cancel()
                await asyncio.wait((running,))
                await database.close()

        asyncio.run(hand_over())
        taken = [run for run in control.run(store.runs_behind(before, 100)) if run.account_id in (ACCOUNT, STRANGER)]
        told = [record.event_id for run in taken for record in run.records(behind=before)]
        assert len(told) == len(set(told)) == 41
        assert told[-1] == "the-stranger"


def test_an_edge_node_of_some_accounts_asks_once_whose_session_it_is(control: Live, tmp_path: Path) -> None:
    there = control.client("sts").get_federation_token(Name="carol")["Credentials"]
    key = control.run(keys_of(control))
    elsewhere = control.client("sts", key).get_session_token()["Credentials"]
    flags: dict[str, Any] = {"control_plane": control.endpoint, "edge_token": LIMITED, "data_dir": str(tmp_path)}
    with live(**flags, trusted_proxies="127.0.0.1/32") as edge:
        answered = []
        asks = EdgeDoor._session

        async def spy(door: EdgeDoor, of: Edge, token: bytes) -> Answer:
            answer = await asks(door, of, token)
            answered.append(answer.status)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(EdgeDoor, "_session", spy)
            for _ in range(3):
                assert edge.client("sts", there).get_caller_identity()["Arn"].endswith("federated-user/carol")
            assert answered == [200]
            for other in (elsewhere, {**there, "SessionToken": "none"}, {**there, "SecretAccessKey": "wrong"}):
                with pytest.raises(ClientError, match=r"InvalidClientTokenId|SignatureDoesNotMatch"):
                    edge.client("sts", other).get_caller_identity()
            assert answered == [200, 403, 403]
        here = edge.client("sts").get_federation_token(Name="dave")["Credentials"]
        assert edge.client("sts", here).get_caller_identity()["Arn"].endswith("federated-user/dave")
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            control.client("sts", here).get_caller_identity()
        before = edge.realm.store.keyring
        control.run(control.realm.store.rotate_token_key(datetime(2000, 1, 1, tzinfo=UTC)))
        deadline = time.monotonic() + 20
        while edge.realm.store.keyring is before:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for session, name in ((here, "dave"), (there, "carol")):  # neither was made under the key that was exchanged
            assert edge.client("sts", session).get_caller_identity()["Arn"].endswith(f"federated-user/{name}")
        edge.realm.strangers = Strangers(1, Buckets(lambda: 1))
        for number in range(BURST + 1):
            with pytest.raises(ClientError) as refusal:
                shown(edge, {**there, "SessionToken": f"none{number}"})
            code = "InvalidClientTokenId" if number < BURST else "Throttling"
            assert refusal.value.response["Error"]["Code"] == code
        shown(edge, there)
    assert "carol" not in (tmp_path / "replica.db").read_bytes().decode("latin-1")


def test_a_session_is_known_whose_key_another_server_has_just_made(tmp_path: Path) -> None:
    file = tmp_path / "edges.toml"
    file.write_text(entry("some", LIMITED, ACCOUNT))
    flags: dict[str, Any] = {"in_memory": False, "data_dir": str(tmp_path / "data")}
    with live(**flags, edges=str(file)) as control, live(**flags) as other:
        other.run(other.realm.store.rotate_token_key(datetime(2000, 1, 1, tzinfo=UTC)))
        made = other.client("sts").get_federation_token(Name="carol")["Credentials"]["SessionToken"]
        url, headers = f"{control.endpoint}/_iamd/edge/session", {"authorization": f"Bearer {LIMITED}"}
        with urlopen(Request(url, made.encode(), headers)) as answer:
            assert answer.status == 200


def shown(edge: Live, key: Any) -> None:
    """Ask who that is, from elsewhere."""
    client = edge.client("sts", key)
    client.meta.events.register(
        "before-sign.sts", lambda request, **_: request.headers.add_header("X-Forwarded-For", "192.0.2.1")
    )
    client.get_caller_identity()


async def keys_of(control: Live) -> dict[str, str]:
    """An access key of the other account's root user."""
    store, sealer = control.realm.store, control.realm.sealer
    [key] = (await store.load(STRANGER)).access_keys
    return {"AccessKeyId": key.id, "SecretAccessKey": sealer.open(key.sealed_secret, key.id.encode()).decode()}


def refused_post(control: Live, body: bytes, token: str) -> int:
    with pytest.raises(HTTPError) as error:
        urlopen(Request(f"{control.endpoint}/_iamd/edge/events", body, {"authorization": f"Bearer {token}"}))
    with error.value:
        return error.value.code


STATE = State((1, 2, 3), True, {ACCOUNT: 1}, 2, {2: bytes(32)})


def account(*told: Told, base: int | None = None, reached: int = 1) -> Delta:
    return Delta(ACCOUNT, base, reached, [Told("accounts", ACCOUNT, None, ACCOUNT_RECORD), *told])


ACCOUNT_RECORD = b'{"account_id": "%s", "created": "2026-11-21T00:00:00Z"}' % ACCOUNT.encode()


@on_loop
async def test_a_replica_changes_nothing_and_is_of_one_control_plane(tmp_path: Path) -> None:
    database = opening.edge(tmp_path, "https://one.example.com", 300)
    with pytest.raises(StoreError, match="no replica"):
        await database.start()
    await database.take(STATE, [account()], datetime.now(UTC))
    await database.start()
    assert list(database.poll()) == [ACCOUNT]
    with pytest.raises(Refused, match=r"https://one\.example\.com"):
        await database.commit(Group(changes=[object()]))  # type: ignore[list-item]
    with pytest.raises(Refused, match="does not know this"):
        await database.last_event()
    with pytest.raises(ValueError, match="not for an edge node"):
        await database.take(STATE, [account(Told("login_profiles", "x", None, b"{}"))], datetime.now(UTC))
    await database.take(State((2, 2, 3), True, {}, 2), [], datetime.now(UTC))
    assert await database.accounts() == {}
    await database.close()
    with pytest.raises(StoreError, match=r"the replica is of https://one\.example\.com"):
        opening.edge(tmp_path, "https://two.example.com", 300)


@on_loop
async def test_a_replica_of_the_future_is_too_old_as_well(tmp_path: Path) -> None:
    database = opening.edge(tmp_path, "https://one.example.com", 300)
    await database.take(STATE, [account()], datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(Refused, match="has not heard"):
        database.poll()
    await database.close()


def test_an_answer_that_was_changed_on_its_way_is_not_believed(control: Live, tmp_path: Path) -> None:
    database = opening.edge(tmp_path, control.endpoint, 300)
    link = EdgeLink(database, TOKEN)

    async def changed(*_: Any) -> tuple[bytes, str]:
        return zlib.compress(b"something else"), "0" * 64

    link._ask = changed  # type: ignore[method-assign, assignment]
    with pytest.raises(Broken, match="not arrived as it was sent"):
        asyncio.run(link._get(None, "state", {}))  # type: ignore[arg-type]
    asyncio.run(database.close())


def test_the_file_of_edge_nodes_is_read_again_and_lets_nobody_in_while_it_makes_no_sense(tmp_path: Path) -> None:
    file = tmp_path / "edges.toml"
    for wrong in ("edges = 1", '[edges.one]\ntoken_sha256 = "the token itself"', '[edges.one]\ntoken_sha256 = "é"'):
        file.write_text(wrong)
        with pytest.raises(BadEdges):
            Edges(file)
    with pytest.raises(BadEdges):
        Edges(tmp_path / "none")
    file.write_text(entry("one", TOKEN))
    edges = Edges(file)
    assert edges.of(TOKEN) is not None
    assert edges.of("other") is None
    file.write_text(entry("one", TOKEN) + "half = ")
    assert edges.of(TOKEN) is None
    file.write_text(entry("two", "other", ACCOUNT))
    found = edges.of("other")
    assert found is not None
    assert (found.name, found.accounts) == ("two", frozenset({ACCOUNT}))


def test_programs_and_upstreams_are_decided_for_by_tokens_of_the_control_plane(control: Live, tmp_path: Path) -> None:
    iam = control.client("iam")
    made = iam.create_service_specific_credential(UserName="alice", ServiceName="iamd", CredentialAgeDays=1)
    statement = {"Effect": "Allow", "Action": ["iamd:*", "s3:GetObject"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="alice", PolicyName="asks", PolicyDocument=document)
    asker = made["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    flags = {"control_plane": control.endpoint, "edge_token": TOKEN, "upstream": f"s3={control.endpoint}"}
    with live(in_memory=False, data_dir=str(tmp_path), **flags) as edge:
        may = Asker(edge.endpoint, asker)
        assert may.may("alice", "s3:GetObject", "s3", "arn:aws:s3:::reports/1")
        assert not may.may("alice", "s3:PutObject", "s3", "arn:aws:s3:::reports/1")
        with pytest.raises(ClientError, match="AccessDenied"):
            edge.client("s3", key).list_buckets()
        for path in ("console/", "start", "scim/v2/Users"):
            reply = send(f"{edge.endpoint}/{path}")
            assert (reply.status, control.endpoint in reply.json["error"]) == (404, True)
