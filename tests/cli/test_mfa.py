"""`iamd mfa import-tokens`, and hardware tokens afterwards, through the public door."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from tests.hostile.trail import recorded
from tests.live import ACCOUNT, Live, live
from tests.services.iam.support import refused
from tests.services.phones import Phone, Token

SEED = bytes(range(20))
OTHER = bytes(range(20, 40))
SERIAL, SPARE = "GAHT12345678", "GAHT12345679"
PSKC = """<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
  <KeyPackage>
    <DeviceInfo><Manufacturer>Example</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>
    <Key Id="1" Algorithm="{algorithm}">
      <AlgorithmParameters><ResponseFormat Length="{digits}" Encoding="DECIMAL"/></AlgorithmParameters>
      <Data><Secret>{secret}</Secret><TimeInterval><PlainValue>{interval}</PlainValue></TimeInterval></Data>
    </Key>
  </KeyPackage>
</KeyContainer>
"""
PLAIN = f"<PlainValue>{base64.b64encode(SEED).decode()}</PlainValue>"
TOTP = "urn:ietf:params:xml:ns:keyprov:pskc:totp"
NONE = ("NoSuchEntity", f"VirtualMFADevice with serial number {SERIAL} doesn't exist.")

Import = Callable[..., int]


def pskc(**changes: str) -> str:
    return PSKC.format(
        **{"serial": SERIAL, "algorithm": TOTP, "digits": "6", "secret": PLAIN, "interval": "30", **changes}
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    with live(in_memory=False, data_dir=str(tmp_path / "data")) as running:
        yield running


@pytest.fixture
def imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Imports that text as a file; returns the exit code."""

    def run(text: str, *flags: str) -> int:
        file = tmp_path / "tokens"
        file.write_text(text)
        capsys.readouterr()
        return main(["mfa", "import-tokens", str(file), "--data-dir", str(tmp_path / "data"), *flags])

    return run


@pytest.fixture
def bob(server: Live) -> Callable[[str], Any]:
    iam = server.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    return lambda service: server.client(service, key)


@pytest.mark.parametrize("text", [f"{SERIAL},{SEED.hex()}\n{SPARE},{OTHER.hex()}\n", pskc()], ids=["csv", "pskc"])
def test_a_token_works_from_the_import_to_its_deactivation(
    server: Live, imported: Import, bob: Callable[[str], Any], text: str
) -> None:
    iam, token = server.client("iam"), Token(SERIAL, SEED)
    assert refused(iam.enable_mfa_device, UserName="bob", **token.pair()) == NONE
    assert imported(text) == 0
    iam.enable_mfa_device(UserName="bob", **token.pair())
    [listed] = iam.list_mfa_devices(UserName="bob")["MFADevices"]
    assert (listed["SerialNumber"], listed["UserName"]) == (SERIAL, "bob")
    described = iam.get_mfa_device(UserName="bob", SerialNumber=SERIAL)
    assert (described["SerialNumber"], described["EnableDate"]) == (SERIAL, listed["EnableDate"])
    bob("sts").get_session_token(**token.token(1))
    assert refused(bob("sts").get_session_token, **token.token(1))[0] == "AccessDenied"
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=SERIAL)
    assert iam.list_mfa_devices(UserName="bob")["MFADevices"] == []
    assert refused(bob("sts").get_session_token, **token.token(2))[0] == "AccessDenied"


def test_a_token_is_one_user_s_and_no_virtual_device(server: Live, imported: Import, bob: Any) -> None:
    iam, token = server.client("iam"), Token(SERIAL, SEED)
    imported(f"{SERIAL},{SEED.hex()}\n")
    assert iam.get_account_summary()["SummaryMap"]["MFADevices"] == 0
    iam.enable_mfa_device(UserName="bob", **token.pair())
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1)
    iam.create_user(UserName="eve")
    assert refused(iam.enable_mfa_device, UserName="eve", **token.pair(2)) == (
        "EntityAlreadyExists",
        "MFA Device is already in use.",
    )
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    for operation in (iam.delete_virtual_mfa_device, iam.list_mfa_device_tags):
        assert refused(operation, SerialNumber=SERIAL) == NONE
    assert refused(iam.get_mfa_device, UserName="eve", SerialNumber=SERIAL)[0] == "NoSuchEntity"


def test_a_virtual_device_is_no_token(server: Live, bob: Any) -> None:
    iam = server.client("iam")
    phone = Phone(iam, "phonephone")
    iam.enable_mfa_device(UserName="bob", **phone.pair())
    for serial in ("/phonephone", "phonephone"):
        told = refused(iam.deactivate_mfa_device, UserName="bob", SerialNumber=serial)
        assert told == ("NoSuchEntity", "MFA Device invalid for user.")


def test_an_import_is_recorded_without_seeds(
    server: Live, imported: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = base64.b32encode(SEED).decode().rstrip("=")
    assert imported(f"Serial,Seed\n\n{SERIAL}, {seed.lower()}\n", "--seeds", "base32", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"account": ACCOUNT, "serialNumbers": [SERIAL]}
    event = recorded(tmp_path / "data")[-1]
    assert event["eventName"] == "ImportMFATokens"
    assert event["additionalEventData"] == {"serialNumbers": [SERIAL]}
    for file in (tmp_path / "data").iterdir():
        assert SEED not in file.read_bytes()


def test_a_known_token_is_not_imported_again_nor_the_rest_of_its_file(
    server: Live, imported: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "210987654321"
    server.add_account(other)
    assert imported(f"{SERIAL},{SEED.hex()}", "--account", other) == 0
    assert imported(f"{SPARE},{SEED.hex()}\n{SERIAL.lower()},{SEED.hex()}", "--account", ACCOUNT) == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith(f"account {other} has token {SERIAL.lower()} already; nothing was imported")
    )
    assert imported(f"{SPARE},{SEED.hex()}", "--account", ACCOUNT) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no tokens"),
        (f"{SERIAL}\n", "line 1: a line is SERIAL,SEED"),
        (f"{SERIAL},{SEED.hex()},x\n", "line 1: a line is SERIAL,SEED"),
        (f"{SERIAL},xyz\n", "line 1: the seed is not hex"),
        (f"{SERIAL},00ff\n", "the seed is shorter than 10 bytes"),
        (f"short,{SEED.hex()}\n", "a serial number has 9 to 256"),
        (f"arn:aws:iam::{ACCOUNT}:mfa/x,{SEED.hex()}\n", "and is no ARN"),
        (f"/GAHT12345678,{SEED.hex()}\n", "a serial number has"),
        (f"{SERIAL},{SEED.hex()}\n{SERIAL.lower()},{OTHER.hex()}\n", "has token gaht12345678 twice"),
        ("<KeyContainer", "is not XML"),
        ("<KeyContainer/>", "holds no tokens"),
        (pskc(algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"), "is no TOTP token"),
        (pskc(digits="8"), "does not show six digits every 30 seconds"),
        (pskc(interval="60"), "does not show six digits every 30 seconds"),
        (pskc(secret="<EncryptedValue/>"), "has no seed in plain text"),
        (pskc(secret="<PlainValue>*</PlainValue>"), "the seed is not base64"),
    ],
)
def test_what_is_no_file_of_tokens_is_refused(
    tmp_path: Path, imported: Import, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    assert imported(text) == 2
    said = capsys.readouterr().err
    assert told in said
    assert SEED.hex() not in said


def test_a_file_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mfa", "import-tokens", str(tmp_path / "none"), "--data-dir", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err
