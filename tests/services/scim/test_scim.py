"""SCIM as an identity provider speaks it: users and groups come, change and go."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from iamd.services.scim import tokens
from iamd.store.change import Change
from tests.live import ACCOUNT, Live
from tests.services.undurable import while_undurable

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANN = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "701984",
    "userName": "ann@example.com",
    "name": {"familyName": "Other", "givenName": "Ann"},
    "displayName": "Ann Other",
    "title": "boss",
    "emails": [{"value": "ann@example.com", "type": "work", "primary": True}],
    "addresses": [{"country": "AT", "type": "work", "primary": "True"}],
    "active": True,
    ENTERPRISE: {"department": "R&D", "manager": {"value": "1"}},
}

Say = Callable[..., tuple[int, Any]]


@pytest.fixture
def store_id(server: Live) -> str:
    admin = server.client("sso-admin")
    admin.create_instance()
    return str(admin.list_instances()["Instances"][0]["IdentityStoreId"])


@pytest.fixture
def token(server: Live, store_id: str) -> str:
    now = datetime.now(UTC).replace(microsecond=0)

    def made(change: Change) -> str:
        return tokens.new_token(server.realm.sealer, change.records(ACCOUNT), now)[1]

    return server.run(server.realm.store.write(made))


@pytest.fixture
def say(server: Live, store_id: str, token: str) -> Say:
    """`say("POST", "Users", {...})`: status and document of the answer."""

    def ask(method: str, path: str, body: Any = None, bearer: str = token, tenant: str = store_id) -> tuple[int, Any]:
        with closing(http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=20)) as connection:
            headers = {"authorization": f"Bearer {bearer}", "content-type": "application/scim+json"}
            sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, f"/{tenant}/scim/v2/{path}", sent, headers)
            answered = connection.getresponse()
            told = answered.read()
            return answered.status, json.loads(told) if told else None

    return ask


def patch(*operations: tuple[str, str | None, Any]) -> dict[str, Any]:
    """A PatchOp; None stands for no path."""
    told = [{"op": op, **({} if path is None else {"path": path}), "value": value} for op, path, value in operations]
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": told}


def test_a_user_comes_changes_and_goes(server: Live, store_id: str, say: Say) -> None:
    status, made = say("POST", "Users", ANN)
    assert (status, made["meta"]["resourceType"]) == (201, "User")
    kept = {**ANN, "addresses": [{"country": "AT", "type": "work", "primary": True}]}
    assert {name: made[name] for name in kept} == kept
    assert say("GET", f"Users/{made['id']}") == (200, made)
    here = {"IdentityStoreId": store_id, "UserId": made["id"]}
    store = server.client("identitystore")
    told = store.describe_user(**here)
    assert (told["UserName"], told["Title"], told["UserStatus"]) == ("ann@example.com", "boss", "ENABLED")
    assert told["ExternalIds"][0]["Id"] == "701984"

    operations = patch(
        ("replace", "title", "chief"),
        ("Replace", "name.familyName", "New"),
        ("add", 'emails[type eq "work"].value', "a@example.com"),
        ("remove", "addresses", None),
        ("replace", f"{ENTERPRISE}:department", "Sales"),
        ("replace", None, {"active": "False", "nickName": "A"}),
    )
    status, changed = say("PATCH", f"Users/{made['id']}", operations)
    assert status == 200
    assert (changed["title"], changed["name"], changed["nickName"]) == (
        "chief",
        {"familyName": "New", "givenName": "Ann"},
        "A",
    )
    assert changed["emails"] == [{"value": "a@example.com", "type": "work", "primary": True}]
    assert changed[ENTERPRISE] == {"department": "Sales", "manager": {"value": "1"}}
    assert (changed["active"], "addresses" in changed) == (False, False)
    assert store.describe_user(**here)["UserStatus"] == "DISABLED"
    assert say("PUT", f"Users/{made['id']}", ANN)[1]["title"] == "boss"
    assert say("DELETE", f"Users/{made['id']}") == (204, None)
    assert say("GET", f"Users/{made['id']}")[0] == 404


def test_a_group_and_its_members(server: Live, store_id: str, say: Say) -> None:
    ann, bob = (say("POST", "Users", {**ANN, **each})[1]["id"] for each in ({}, _another("bob")))
    status, made = say("POST", "Groups", {"displayName": "devs", "externalId": "g1", "members": [{"value": ann}]})
    assert (status, made["members"]) == (201, [{"value": ann, "type": "User"}])
    group_id = made["id"]
    group = f"Groups/{group_id}"
    assert say("PATCH", group, patch(("add", "members", [{"value": bob}]), ("replace", "displayname", "Devs"))) == (
        204,
        None,
    )
    store = server.client("identitystore")
    members = store.list_group_memberships(IdentityStoreId=store_id, GroupId=made["id"])["GroupMemberships"]
    assert {each["MemberId"]["UserId"] for each in members} == {ann, bob}
    say("PATCH", group, patch(("remove", f'members[value eq "{ann}"]', None)))
    assert say("GET", group)[1]["members"] == [{"value": bob, "type": "User"}]
    wanted = quote(f'id eq "{group_id}" and members eq "{bob}"')
    (found,) = say("GET", f"Groups?filter={wanted}")[1]["Resources"]
    assert (found["displayName"], found["externalId"], found["members"]) == ("Devs", "g1", [])
    say("PATCH", group, patch(("replace", "members", [{"value": ann}])))
    assert say("GET", group)[1]["members"] == [{"value": ann, "type": "User"}]
    say("PATCH", group, patch(("remove", "members", None), ("replace", None, {"externalId": "g2"})))
    assert (say("GET", group)[1]["members"], say("GET", group)[1]["externalId"]) == ([], "g2")
    assert say("PATCH", group, patch(("add", "members", [{"value": "nobody"}])))[0] == 404
    assert say("DELETE", group) == (204, None)
    assert say("DELETE", group)[0] == 404


def _another(name: str) -> dict[str, Any]:
    address = f"{name}@example.com"
    return {"userName": address, "externalId": name, "emails": [{"value": address, "type": "work", "primary": True}]}


def test_lists_are_filtered_and_paged(say: Say) -> None:
    ids = [say("POST", "Users", {**ANN, **_another(name)})[1]["id"] for name in ("a", "b", "c")]
    status, told = say("GET", "Users?startIndex=2&count=1")
    assert (status, told["totalResults"], told["itemsPerPage"], told["startIndex"]) == (200, 3, 1, 2)
    assert told["Resources"][0]["userName"] == "b@example.com"
    for wanted, count in (
        ('userName eq "B@example.com"', 1),
        ('externalId eq "c"', 1),
        (f'id eq "{ids[0]}" and manager eq "1"', 1),
        ('manager eq "1"', 3),
        (f'id eq "{ids[0]}" and userName eq "b@example.com"', 0),
        ('userName eq "nobody"', 0),
    ):
        assert say("GET", f"Users?filter={quote(wanted)}")[1]["totalResults"] == count, wanted
    for wrong in ('userName co "a"', 'title eq "boss"', "userName eq", 'userName eq "a" or id eq "b"', '"'):
        assert say("GET", f"Users?filter={quote(wrong)}")[1]["scimType"] == "invalidFilter", wrong


def test_what_there_is(say: Say) -> None:
    assert say("GET", "ServiceProviderConfig")[1]["patch"] == {"supported": True}
    assert {each["name"] for each in say("GET", "ResourceTypes")[1]["Resources"]} == {"User", "Group"}
    schemas = say("GET", "Schemas")[1]
    assert schemas["totalResults"] == len(schemas["Resources"]) == 3
    user = schemas["Resources"][0]
    assert {each["name"] for each in user["attributes"]} >= ANN.keys() - {"schemas", ENTERPRISE}
    assert say("GET", f"Schemas/{user['id']}") == (200, user)
    assert say("GET", "Schemas/other")[0] == say("GET", "ResourceTypes/User")[0] == 404
    assert say("POST", "Schemas", {})[0] == 405


def test_what_cannot_be(say: Say) -> None:
    made = say("POST", "Users", ANN)[1]
    user = f"Users/{made['id']}"
    for body, status in (
        (ANN, 409),
        ({**ANN, "userName": "x", "externalId": "x"}, 409),  # the address
        ({**ANN, "userName": "x", "emails": []}, 409),  # the external id
        ({**ANN, **_another("x"), "password": "secret"}, 400),
        ({**ANN, **_another("x"), "emails": [{"value": "a"}, {"value": "b"}]}, 400),
        ({**ANN, **_another("x"), "displayName": None}, 400),
        ({**ANN, **_another("x"), "name": "Ann"}, 400),
        ({**ANN, **_another("x"), "active": "perhaps"}, 400),
        ({**ANN, **_another("x"), ENTERPRISE: {"salary": "1"}}, 400),
        ({"displayName": "x"}, 400),
        (b"{", 400),
        (b"[]", 400),
    ):
        told = say("POST", "Users", body)
        assert (told[0], told[1]["status"]) == (status, str(status)), body
    for operation in (
        ("replace", "userName", None),
        ("remove", "active", None),
        ("remove", None, None),
        ("move", "title", "x"),
        ("replace", "photos", "x"),
        ("replace", "a.b.c", "x"),
        ("replace", "title.short", "x"),
        ("replace", None, "x"),
        ("replace", f"{ENTERPRISE}:" * 1_500 + "manager", "x"),
        ("replace", "title", json.loads("[" * 900 + "]" * 900)),
    ):
        assert say("PATCH", user, patch(operation))[0] == 400, operation
    assert say("PATCH", user, {})[0] == 400
    assert say("GET", user)[1] == made  # all or none
    assert say("POST", user, ANN)[0] == 405
    assert say("GET", "Users?count=x")[0] == 400
    assert say("POST", "Groups", {"displayName": "g", "members": ["x"]})[0] == 400
    assert say("POST", "Groups", {"displayName": "g", "members": [{"value": "nobody"}]})[0] == 404
    assert say("GET", "Groups")[1]["totalResults"] == 0


def test_a_token_is_for_its_store_while_it_lasts(server: Live, say: Say, token: str) -> None:
    for wrong in ("", "nonsense", token[:-2]):
        assert say("GET", "Users", bearer=wrong)[0] == 401
    assert say("GET", "Users", tenant="d-0000000000")[0] == 401

    def expired(change: Change) -> None:
        kept = change.records(ACCOUNT).scim_tokens
        kept.replace(next(iter(kept)), expires=datetime.now(UTC) - timedelta(seconds=1))

    server.run(server.realm.store.write(expired))
    assert say("GET", "Users")[0] == 401


def test_a_token_that_ends_before_the_change_makes_none(
    server: Live, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change waits for those of other servers, which may have ended the token, or the instance with its people."""
    store = server.realm.store
    known = store.write

    async def after_another(work: Callable[[Change], Any]) -> Any:
        monkeypatch.setattr(store, "write", known)
        kept = (await store.load(ACCOUNT)).scim_tokens
        await known(lambda change: change.records(ACCOUNT).scim_tokens.remove(next(iter(kept))))
        return await known(work)

    monkeypatch.setattr(store, "write", after_another)
    assert say("POST", "Users", ANN)[0] == 401
    records = store.records(ACCOUNT)
    assert records is not None
    assert len(records.store_users) == 0


def test_what_scim_does_not_know_of_a_user_stays(server: Live, store_id: str, say: Say) -> None:
    _, made = say("POST", "Users", ANN)
    here = {"IdentityStoreId": store_id, "UserId": made["id"]}
    store = server.client("identitystore")
    website = {"AttributePath": "website", "AttributeValue": "https://ann.example.com"}
    store.update_user(**here, Operations=[website])
    for _ in range(2):
        assert say("PATCH", f"Users/{made['id']}", patch(("replace", "title", "chief")))[0] == 200
        assert say("PUT", f"Users/{made['id']}", ANN)[0] == 200
        assert store.describe_user(**here)["Website"] == website["AttributeValue"]


def test_the_trail_tells_who_came(server: Live, store_id: str, say: Say) -> None:
    made = say("POST", "Users", ANN)[1]
    say("GET", "Users")
    found = server.client("cloudtrail").lookup_events()["Events"]
    events = [json.loads(each["CloudTrailEvent"]) for each in found]
    ours = {each["eventName"]: each for each in events if each["eventSource"] == "identitystore-scim.amazonaws.com"}
    assert set(ours) == {"CreateUser", "ListUsers"}
    assert ours["CreateUser"]["requestParameters"] == {"tenantId": store_id, "id": made["id"]}
    assert ours["CreateUser"]["userIdentity"]["type"] == "WebIdentityUser"


def test_nothing_is_told_that_could_be_taken_back(server: Live, say: Say) -> None:
    _, made = say("POST", "Users", ANN)

    def renamed(change: Change) -> None:
        users = change.records(ACCOUNT).store_users
        users.replace(users.get(made["id"]), name="other")

    for path in ("Users", f"Users/{made['id']}"):
        waited, answer = while_undurable(server, renamed, partial(say, "GET", path))
        assert (waited, answer[0]) == (True, 503)
    assert say("GET", f"Users/{made['id']}")[1]["userName"] == ANN["userName"]


def test_all_comparisons_of_a_filter_count(say: Say) -> None:
    _, made = say("POST", "Users", ANN)
    for name, count in (("nobody", 0), ("ANN@example.com", 1)):
        wanted = quote(f'userName eq "{name}" and id eq "{made["id"]}"')
        assert say("GET", f"Users?filter={wanted}")[1]["totalResults"] == count


def test_buckets_of_such_paths_are_no_identity_stores(server: Live) -> None:
    with closing(http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=20)) as connection:
        connection.request("GET", "/bucket/scim/v2/Users")
        assert connection.getresponse().getheader("content-type") != "application/scim+json"


def test_texts_are_those_of_the_api(say: Say) -> None:
    """The API takes no control characters in names: they could not be asked for again, nor seen."""
    for name in ("a\0b", "a\x1bb", "a\u202eb", "\ue000"):
        assert say("POST", "Groups", {"displayName": name})[0] == 400
        assert say("POST", "Groups", {"displayName": "a", "externalId": name})[0] == 400
        assert say("POST", "Users", {**ANN, "externalId": name})[0] == 400
    assert say("POST", "Groups", {"displayName": "R&D, Graz: Größe", "externalId": "cn=a b,dc=c"})[0] == 201
