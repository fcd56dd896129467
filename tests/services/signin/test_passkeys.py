"""Passkeys: enrolled at the console, shown by the APIs as devices, and asked for after the password."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller import passkeys as ceremonies
from iamd.caller.passkeys import NoSite, Site, Unproven, site_of
from iamd.server import exchange
from iamd.services.iam.passkeys import enrol_passkey, offer_passkey
from iamd.services.signin.passwords import NEEDS_PASSKEY, WRONG, NeedsPasskey, Refused
from iamd.store.kinds.sign_in import Passkey
from iamd.wire.errors import AwsError
from tests.live import ACCOUNT, Live
from tests.services import passkeys
from tests.services.iam.refusals import assert_refused
from tests.services.passkeys import SITE, AtConsole, SoftKey
from tests.services.phones import carried
from tests.services.signin.browser import PASSWORD
from tests.services.signin.test_login import set_root_password

OWN = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
MAY = {"Effect": "Allow", "Action": ["iam:ListMFADevices", "iam:EnableMFADevice"], "Resource": OWN}


@pytest.fixture
def jane(server: Live, iam: Any) -> AtConsole:
    """A user who may give herself devices."""
    iam.create_user(UserName="Jane", Path="/staff/")
    iam.create_login_profile(UserName="Jane", Password=PASSWORD)
    permit(iam, {**MAY, "Resource": f"arn:aws:iam::{ACCOUNT}:user/staff/Jane"})
    jane = AtConsole(server, "Jane")
    jane.sign_in()
    return jane


def permit(iam: Any, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName="Jane", PolicyName="own", PolicyDocument=document)


def enrol(person: AtConsole, key: SoftKey, name: str = "yubikey", **of: Any) -> str:
    """Enrol the key; its serial number."""
    offered = person.call(offer_passkey, site=SITE, name=name, **of)
    serial: str = offered["SerialNumber"]
    answer = key.create(offered["Options"])
    person.call(enrol_passkey, site=SITE, serial_number=serial, challenge=offered["Challenge"], answer=answer, **of)
    return serial


def test_a_key_is_enrolled_and_then_a_device_as_others(jane: AtConsole, iam: Any) -> None:
    key = SoftKey()
    offered = jane.call(offer_passkey, site=SITE, name="yubikey")
    options = offered["Options"]
    assert options["rp"] == {"id": "id.example", "name": "iamd"}
    assert options["user"]["displayName"] == "Jane"
    assert options["attestation"] == "none"
    serial = offered["SerialNumber"]
    assert re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:u2f/user/Jane/yubikey-[A-Z2-7]{{24}}", serial)
    given = {"site": SITE, "serial_number": serial, "challenge": offered["Challenge"]}
    jane.call(enrol_passkey, **given, answer=key.create(options))
    (listed,) = iam.list_mfa_devices(UserName="Jane")["MFADevices"]
    assert (listed["UserName"], listed["SerialNumber"]) == ("Jane", serial)
    shown = iam.get_mfa_device(UserName="Jane", SerialNumber=serial)
    assert (shown["UserName"], shown["SerialNumber"]) == ("Jane", serial)
    assert shown["EnableDate"] == listed["EnableDate"]
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"], summary["AccountMFAEnabled"]) == (1, 1, 0)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    iam.generate_credential_report()
    rows = csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines())
    assert {row["user"]: row["mfa_active"] for row in rows} == {"<root_account>": "false", "Jane": "true"}
    iam.delete_user_policy(UserName="Jane", PolicyName="own")
    conflict = "Cannot delete entity, must remove tokens from principal first."
    assert_refused(iam.delete_user, "DeleteConflict", conflict, UserName="Jane")
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    of_hers = {"UserName": "Jane", "SerialNumber": serial}
    assert_refused(iam.resync_mfa_device, "NoSuchEntity", "MFA Device invalid for user.", **of_hers, **codes)
    iam.deactivate_mfa_device(UserName="Jane", SerialNumber=serial)
    assert iam.list_mfa_devices(UserName="Jane")["MFADevices"] == []
    gone = f"MFA Device with serial number {serial} cannot be found."
    assert_refused(iam.get_mfa_device, "NoSuchEntity", gone, **of_hers)


def test_enrolling_is_recorded_as_enabling_with_the_serial_number(jane: AtConsole, root: Any) -> None:
    serial = enrol(jane, SoftKey())
    events = root("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "EnableMFADevice"}]
    )["Events"]
    (event,) = [json.loads(event["CloudTrailEvent"]) for event in events]
    assert event["requestParameters"] == {"serialNumber": serial}
    assert event["userIdentity"]["userName"] == "Jane"


def test_the_key_is_asked_for_after_the_password(jane: AtConsole) -> None:
    key = SoftKey()
    enrol(jane, key)
    with pytest.raises(NeedsPasskey, match=NEEDS_PASSKEY) as needed:
        jane.sign_in()
    assert needed.value.person.mfa_time is None
    for _ in range(2):
        assert jane.show(key).mfa_time is not None


def test_nobody_signs_in_by_the_password_alone(jane: AtConsole) -> None:
    enrol(jane, SoftKey())
    for code in ("000000", " "):
        with pytest.raises(Refused, match=WRONG):
            jane.sign_in(code)
    with pytest.raises(Refused, match=WRONG):
        replace(jane, password="wrong" + PASSWORD).sign_in()  # and nobody learns that there is a key


def test_who_has_a_phone_too_may_enter_its_code(jane: AtConsole, iam: Any) -> None:
    enrol(jane, SoftKey())
    phone = carried(iam, "Jane")
    assert jane.sign_in(phone.code(1)).mfa_time is not None
    assert len(iam.list_mfa_devices(UserName="Jane")["MFADevices"]) == 2


def test_answers_that_are_not_the_keys_are_refused(jane: AtConsole) -> None:
    key = SoftKey()
    enrol(jane, key)
    for other in (
        SoftKey(),  # unknown
        replace(key, secret=SoftKey().secret),  # its id with another secret
        replace(key, origin="https://evil.example"),
        replace(key, host="evil.example"),
        replace(key, count=0),  # a copy, which counts for itself
    ):
        with pytest.raises(Refused, match=WRONG):
            jane.show(other)
    assert jane.show(key)


def test_a_challenge_is_good_once_and_for_its_person_and_site(jane: AtConsole, iam: Any, server: Live) -> None:
    key = SoftKey(count=-1)  # which always says 0: such keys do not count
    enrol(jane, key)

    def uncounted(options: dict[str, Any]) -> str:
        key.count = -1
        return key.get(options)

    older, newer = jane.asked(), jane.asked()
    answer = uncounted(newer[1].options)
    jane.answer(*newer, answer)
    for person, offered in (newer, older):
        with pytest.raises(Refused, match=WRONG):
            jane.answer(person, offered, uncounted(offered.options))
    person, offered = jane.asked()
    with pytest.raises(Refused, match=WRONG):
        jane.answer(person, offered, uncounted(offered.options), Site("other.example", SITE.origin))
    iam.create_user(UserName="Joe")
    iam.create_login_profile(UserName="Joe", Password=PASSWORD)
    joe = AtConsole(server, "Joe")
    stranger = joe.sign_in()
    with pytest.raises(Refused, match=WRONG):
        joe.answer(stranger, offered, uncounted(offered.options))


def test_a_challenge_expires(jane: AtConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    key = SoftKey()
    enrol(jane, key)
    person, offered = jane.asked()
    late = exchange.now() + timedelta(minutes=5, seconds=2)
    monkeypatch.setattr(passkeys, "now", lambda: late)
    with pytest.raises(Refused, match=WRONG):
        jane.answer(person, offered, key.get(offered.options))


def test_wrong_keys_lock_as_wrong_passwords_do(jane: AtConsole) -> None:
    key = SoftKey()
    enrol(jane, key)
    person, offered = jane.asked()
    for _ in range(20):
        with pytest.raises(Refused):
            jane.answer(person, offered, "{}")
    with pytest.raises(Refused):
        jane.answer(person, offered, key.get(offered.options))


def test_a_password_that_has_changed_meanwhile_signs_nobody_in(jane: AtConsole, iam: Any) -> None:
    key = SoftKey()
    enrol(jane, key)
    person, offered = jane.asked()
    iam.update_login_profile(UserName="Jane", Password=PASSWORD + "2")
    with pytest.raises(Refused, match=WRONG):
        jane.answer(person, offered, key.get(offered.options))


def test_a_second_device_takes_a_session_with_mfa(jane: AtConsole, iam: Any) -> None:
    key = SoftKey()
    before = jane.person
    enrol(jane, key)
    jane.person = before
    with pytest.raises(AwsError, match="authenticated with an MFA device"):
        enrol(jane, SoftKey())
    jane.show(key)
    second = SoftKey()
    offered = jane.call(offer_passkey, site=SITE, name="spare")
    assert [each["id"] for each in offered["Options"]["excludeCredentials"]] == [
        json.loads(key.get({"challenge": b""}))["id"]
    ]
    enrol(jane, second)
    assert jane.show(second)


@pytest.mark.parametrize("stage", ["Create", "Activate"])
def test_the_condition_key_tells_the_stage(jane: AtConsole, iam: Any, stage: str) -> None:
    own = {**MAY, "Resource": f"arn:aws:iam::{ACCOUNT}:user/staff/Jane"}
    permit(
        iam, {**own, "Condition": {"StringEquals": {"iam:RegisterSecurityKey": stage}}}, {**own, "Action": "iam:List*"}
    )
    with pytest.raises(AwsError, match="not authorized to perform: iam:EnableMFADevice"):
        enrol(jane, SoftKey())


def test_nobody_enrols_for_others_without_permission(jane: AtConsole, iam: Any) -> None:
    iam.create_user(UserName="Joe")
    with pytest.raises(AwsError, match="not authorized to perform: iam:ListMFADevices"):
        enrol(jane, SoftKey(), user_name="Joe")
    permit(iam, {**MAY, "Resource": "*"})
    serial = enrol(jane, SoftKey(), user_name="Joe")
    assert ":u2f/user/Joe/" in serial
    assert len(iam.list_mfa_devices(UserName="Joe")["MFADevices"]) == 1


def test_what_does_not_answer_the_offer_is_not_enrolled(jane: AtConsole, iam: Any) -> None:
    offered, other = (jane.call(offer_passkey, site=SITE, name="key") for _ in range(2))
    key = SoftKey()
    good = {
        "site": SITE,
        "serial_number": offered["SerialNumber"],
        "challenge": offered["Challenge"],
        "answer": key.create(offered["Options"]),
    }
    for wrong in (
        {"answer": "{}"},
        {"answer": "x" * 70_000},
        {"answer": key.create(other["Options"])},
        {"answer": replace(key, origin="https://evil.example").create(offered["Options"])},
        {"challenge": other["Challenge"]},
        {"challenge": "x"},
        {"serial_number": other["SerialNumber"]},
        {"site": Site("other.example", SITE.origin)},
    ):
        with pytest.raises(AwsError, match="could not be registered"):
            jane.call(enrol_passkey, **{**good, **wrong})
    jane.call(enrol_passkey, **good)
    permit(iam, {**MAY, "Resource": "*"})
    iam.create_user(UserName="Joe")
    jane.show(key)
    with pytest.raises(AwsError, match="already in use"):
        enrol(jane, key, user_name="Joe")
    with pytest.raises(AwsError, match="The name of a device"):
        jane.call(offer_passkey, site=SITE, name="a key")


def test_eight_devices_and_no_more(jane: AtConsole, iam: Any) -> None:
    permit(iam, {**MAY, "Resource": "*"})
    iam.create_user(UserName="Joe")
    for number in range(8):
        enrol(jane, SoftKey(), f"key-{number}", user_name="Joe")
    with pytest.raises(AwsError, match="MFADevicesPerUser: 8"):
        enrol(jane, SoftKey(), user_name="Joe")


def test_sts_takes_no_passkey(jane: AtConsole, iam: Any, server: Live) -> None:
    serial = enrol(jane, SoftKey())
    sts = server.client("sts", iam.create_access_key(UserName="Jane")["AccessKey"])
    given = {"SerialNumber": serial, "TokenCode": "123456"}
    why = (
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )
    assert_refused(sts.get_session_token, "AccessDenied", why, **given)


def test_the_root_user_has_passkeys_too(server: Live, iam: Any) -> None:
    set_root_password(server, "root@example.com", PASSWORD)
    owner = AtConsole(server, "root@example.com", is_root=True)
    owner.sign_in()
    key = SoftKey()
    serial = enrol(owner, key)
    assert serial.startswith(f"arn:aws:iam::{ACCOUNT}:u2f/root-account/yubikey-")
    (listed,) = iam.list_mfa_devices()["MFADevices"]
    assert listed["SerialNumber"] == serial
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    assert owner.show(key).mfa_time is not None


@pytest.mark.parametrize(
    ("authority", "secure", "expected"),
    [
        ("localhost:4500", False, Site("localhost", "http://localhost:4500")),
        ("LocalHost", True, Site("localhost", "https://localhost")),
        ("id.example", True, Site("id.example", "https://id.example")),
        ("ID.example:8443", True, SITE),
    ],
)
def test_sites(authority: str, secure: bool, expected: Site) -> None:
    assert site_of(authority, secure) == expected


@pytest.mark.parametrize("authority", ["127.0.0.1:4500", "[::1]:4500", "[::1]", "10.0.0.1"])
def test_an_address_is_no_site(authority: str) -> None:
    with pytest.raises(NoSite, match="by its host name"):
        site_of(authority, True)


def test_a_site_without_tls_is_none() -> None:
    with pytest.raises(NoSite, match="HTTPS only"):
        site_of("id.example", False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]), inner)
    ),
    max_leaves=8,
)


@given(_JSON.map(json.dumps) | st.text(max_size=40))
def test_whatever_a_browser_sends_is_refused_in_one_way(answer: str) -> None:
    key = Passkey(ACCOUNT, "YQ", "AIDA1", "arn:x", SITE.host, b"\xa0", 0, (), exchange.now())
    with pytest.raises(Unproven):
        ceremonies.created(SITE, b"challenge", answer)
    with pytest.raises(Unproven):
        ceremonies.shown(SITE, b"challenge", [key], answer)
