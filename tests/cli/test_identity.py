"""`iamd identity set-password`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamd.caller.passwords import matches
from iamd.cli.main import main
from iamd.services.access_portal.passwords import invited
from iamd.services.call import Realm
from iamd.services.signin.passwords import Refused, Visit
from iamd.store import Change
from iamd.store.kinds.access_portal import PortalDevice, PortalPassword
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import Account
from tests import elsewhere
from tests.caller.saml.idp import metadata, rsa_key
from tests.hostile.trail import recorded
from tests.services.access_portal.test_external import METADATA

NOW = datetime.now(UTC)
ONE, TWO = "111111111111", "222222222222"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two accounts, one of which has an instance with a person who has lost an app."""

    def work(change: Change) -> None:
        change.create(TWO).accounts.add(Account(TWO, NOW))
        records = change.create(ONE)
        records.accounts.add(Account(ONE, NOW))
        records.identity_centers.add(IdentityCenter(ONE, "ssoins-0123456789abcdef", "d-0123456789", "us-east-1", NOW))
        records.store_users.add(StoreUser(ONE, "0123456789-1", "ann", NOW, NOW, "", ""))
        records.portal_devices.add(PortalDevice(ONE, "1", "0123456789-1", "phone", b"", NOW))

    async def run() -> None:
        store = elsewhere.open_store(tmp_path)
        await store.start()
        await store.write(work)
        await store.close()

    asyncio.run(run())
    return tmp_path


def password_in(data: Path) -> PortalPassword | None:
    async def run() -> PortalPassword | None:
        store = elsewhere.open_store(data)
        await store.start()
        try:
            found: PortalPassword | None = (await store.load(ONE)).portal_passwords.get("0123456789-1")
            return found
        finally:
            await store.close()

    return asyncio.run(run())


def test_a_person_gets_a_password_for_one_time(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["identity", "set-password", "ANN", "--forget-mfa", "--data-dir", str(data)]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["portal"] == "http://127.0.0.1:4500/start/d-0123456789"
    assert (told["user"], told["link"], told["removedDevices"]) == ("ann", None, ["phone"])
    kept = password_in(data)
    assert kept is not None
    assert kept.is_one_time
    assert matches(kept.password, told["password"])
    [event] = recorded(data)
    assert (event["eventName"], event["recipientAccountId"]) == ("SetPortalPassword", ONE)
    assert told["password"] not in str(event)
    assert main(arguments) == 0
    assert "taken away: none." in capsys.readouterr().out


def test_a_person_gets_a_link(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["identity", "set-password", "ann", "--link", "--url", "https://iamd.example/", "--data-dir", str(data)]
    assert main(arguments) == 0
    link = capsys.readouterr().out.split()[-1]
    assert link.startswith("https://iamd.example/start/password?link=")
    assert password_in(data) is None

    async def who() -> str:
        store = elsewhere.open_store(data)
        await store.start()
        try:
            realm = Realm(store, store.sealer, None)  # type: ignore[arg-type]
            visit = Visit(realm, NOW, "", "", "", None)
            with pytest.raises(Refused):
                await invited(visit, link.partition("=")[2][:-2])
            return (await invited(visit, link.partition("=")[2])).owner_id
        finally:
            await store.close()

    assert asyncio.run(who()) == "0123456789-1"


def test_whom_there_is_not(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identity", "set-password", "bob", "--data-dir", str(data)]) == 2
    assert f"account {ONE} has no user bob of IAM Identity Center" in capsys.readouterr().err
    assert main(["identity", "set-password", "ann", "--account", TWO, "--data-dir", str(data)]) == 2


def test_tokens_for_identity_providers(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> int:
        return main(["identity", *arguments, "--data-dir", str(data), "--url", "https://iamd.example"])

    assert run("create-scim-token", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["endpoint"] == "https://iamd.example/d-0123456789/scim/v2/"
    assert run("create-scim-token") == 0
    assert "is not shown again" in capsys.readouterr().out
    assert run("create-scim-token") == 2
    assert "there are 2 tokens already" in capsys.readouterr().err
    assert run("list-scim-tokens", "--json") == 0
    assert told["id"] in {each["id"] for each in json.loads(capsys.readouterr().out)}
    assert run("delete-scim-token", told["id"]) == 0
    assert run("delete-scim-token", told["id"]) == 2
    assert run("delete-scim-token") == run("list-scim-tokens", "x") == 2
    assert told["token"] not in str(recorded(data))


def test_an_identity_provider_signs_people_in(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data-dir", str(data), "--url", "https://iamd.example"]
    file = data / "metadata.xml"
    for wrong in ("<x/>", metadata(rsa_key()), METADATA.replace("https://idp", "javascript://idp")):
        file.write_text(wrong)
        assert main(["identity", "set-saml-provider", str(file), *place]) == 2
    file.write_text(METADATA)
    for _ in range(2):
        assert main(["identity", "set-saml-provider", str(file), *place, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"endpoint": "https://iamd.example/start/saml/d-0123456789", "provider": True}
    assert main(["identity", "delete-saml-provider", *place]) == 0
    assert "with their passwords" in capsys.readouterr().out
    assert [each["eventName"] for each in recorded(data)][-1] == "DeleteSamlProvider"
