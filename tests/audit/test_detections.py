"""Detections over single events: what is found, what is not, and what is remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from iamd.audit.detections import catalogue
from iamd.audit.detections.catalogue import BURST, LEARNING
from iamd.audit.detections.detectors import Sighting, sightings
from iamd.audit.detections.finding import found, id_of
from iamd.audit.detections.memory import Memory, decoded, encoded, network_of
from iamd.audit.detections.seen import Seen, Who
from tests.audit.test_event import ACCOUNT, NOW

ALICE = Who("IAMUser", "AIDAALICE", f"arn:aws:iam::{ACCOUNT}:user/alice", "AKIAALICE", "alice")
ROOT = Who("Root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIAROOT")


def seen(name: str = "GetUser", who: Who = ALICE, source: str = "iam.amazonaws.com", **fields: Any) -> Seen:
    given = {
        "time": NOW,
        "ip": "203.0.113.7",
        "failed": False,
        "error_code": "",
        "params": {},
        "response": {},
        "additional": {},
    }
    return Seen(ACCOUNT, event_id="e", source=source, name=name, region="us-east-1", who=who, **{**given, **fields})


def sign_in(outcome: str, mfa: str = "No", who: Who = ALICE, **fields: Any) -> Seen:
    more = {"response": {"ConsoleLogin": outcome}, "additional": {"MFAUsed": mfa}, "failed": outcome == "Failure"}
    return seen("ConsoleLogin", who, "signin.amazonaws.com", **{**more, **fields})


def detected(what: Seen, memory: Memory | None = None) -> list[Sighting]:
    return list(sightings(what, memory or Memory()))


def types(what: Seen, memory: Memory | None = None) -> list[str]:
    return [each.detection.type for each in detected(what, memory)]


def test_root_is_found_whatever_it_does() -> None:
    assert types(seen(who=ROOT)) == types(seen(who=ROOT, failed=True)) == [catalogue.ROOT_USE.type]
    assert types(seen()) == []


def test_a_sign_in_without_mfa_is_found() -> None:
    assert types(sign_in("Success")) == [catalogue.SIGN_IN_WITHOUT_MFA.type]
    assert types(sign_in("Success", "Yes")) == types(sign_in("Failure")) == []
    from_elsewhere = Who("AssumedRole", principal_id="AROAEXAMPLE:jane")
    assert types(sign_in("Success", who=from_elsewhere)) == []  # its provider may have asked for it


def test_a_burst_of_failed_sign_ins_is_found_by_user_and_by_address() -> None:
    memory = Memory()
    for number in range(BURST - 1):
        assert types(sign_in("Failure", time=NOW + timedelta(seconds=number)), memory) == []
    assert types(sign_in("Failure"), memory) == [catalogue.FAILED_SIGN_INS.type] * 2
    by_address = Memory()
    unknown = Who("IAMUser", user_name="HIDDEN_DUE_TO_SECURITY_REASONS")
    results = [detected(sign_in("Failure", who=unknown), by_address) for _ in range(BURST)]
    assert [[each.detail for each in found] for found in results] == [[]] * (BURST - 1) + [["from 203.0.113.7"]]


def test_failures_that_are_far_apart_are_no_burst() -> None:
    memory = Memory()
    for number in range(2 * BURST):
        assert types(sign_in("Failure", time=NOW + timedelta(minutes=2 * number)), memory) == []


def test_a_new_network_is_found_once_a_principal_is_known() -> None:
    memory = Memory()
    assert types(seen(), memory) == types(seen(ip="198.51.100.1"), memory) == []
    later = NOW + LEARNING + timedelta(hours=1)
    assert types(seen(ip="203.0.113.200", time=later), memory) == []
    (sighting,) = detected(seen(ip="192.0.2.1", time=later), memory)
    assert (sighting.detection, sighting.detail) == (catalogue.NEW_NETWORK, "192.0.2.1 in 192.0.2.0/24")
    assert types(seen(ip="192.0.2.9", time=later), memory) == []
    long_after = later + timedelta(days=91)
    assert types(seen(ip="192.0.2.9", time=long_after), memory) == [catalogue.NEW_NETWORK.type]
    assert types(seen(ip="127.0.0.1", time=later), memory) == types(seen(ip="", time=later), memory) == []


def test_the_sessions_of_a_role_are_one_principal() -> None:
    from iamd.audit.detections.seen import Issuer, Session

    memory, later = Memory(), NOW + 2 * LEARNING

    def session(name: str) -> Who:
        issuer = Session(Issuer("AROAADMIN", "arn"))
        return Who("AssumedRole", f"AROAADMIN:{name}", "arn", "ASIA", session_context=issuer)

    assert types(seen(who=session("one")), memory) == []
    assert types(seen(who=session("two"), time=later), memory) == []
    assert types(seen(who=session("three"), time=later, ip="192.0.2.1"), memory) == [catalogue.NEW_NETWORK.type]


@pytest.mark.parametrize(("ip", "network"), [("2001:db8:1:2::1", "2001:db8:1::/48"), ("::1", None), ("x", None)])
def test_networks(ip: str, network: str | None) -> None:
    assert network_of(ip) == network


def test_a_credential_for_another_user_is_found() -> None:
    other = {"params": {"userName": "bob"}}
    assert types(seen("CreateAccessKey", **other)) == [catalogue.CREDENTIAL_FOR_OTHER.type]
    assert types(seen("CreateAccessKey", params={"userName": "alice"})) == types(seen("CreateAccessKey")) == []
    assert types(seen("CreateAccessKey", failed=True, **other)) == []
    assert types(seen("CreateAccessKey", source="other.amazonaws.com", **other)) == []


def test_a_stopped_record_is_found() -> None:
    for name, params in (("StopLogging", {"name": "main"}), ("DeleteEventDataStore", {"eventDataStore": "arn"})):
        (sighting,) = detected(seen(name, source="cloudtrail.amazonaws.com", params=params))
        assert (sighting.detection, sighting.subject) == (catalogue.RECORD_STOPPED, next(iter(params.values())))
    assert types(seen("StopLogging", source="cloudtrail.amazonaws.com", failed=True)) == []


def test_sightings_of_one_thing_are_one_finding_in_guardduty_s_format() -> None:
    (first,), (second,) = detected(seen(who=ROOT)), detected(seen("ListUsers", ROOT, time=NOW + timedelta(hours=1)))
    assert id_of(first) == id_of(second)
    once = found(first, None, NOW)
    twice = found(second, once, NOW + timedelta(hours=1))
    assert (twice.count, twice.first_seen, twice.last_seen, twice.created) == (2, NOW, second.seen.time, NOW)
    told = twice.document()
    assert told["type"] == "Policy:IAMUser/RootCredentialUsage"
    assert told["resource"]["accessKeyDetails"]["userType"] == "Root"
    assert told["service"]["action"]["awsApiCallAction"] == {
        "api": "ListUsers",
        "serviceName": "iam.amazonaws.com",
        "callerType": "Remote IP",
        "remoteIpDetails": {"ipAddressV4": "203.0.113.7"},
    }
    assert (told["service"]["count"], told["severity"], twice.level) == (2, 2.0, "low")
    assert told["title"] == "ListUsers was invoked using root credentials."


def test_what_is_remembered_is_stored_and_bounded() -> None:
    memory = Memory()
    for number in range(70):
        memory.is_new_network("AIDAALICE", f"10.0.{number}.1", NOW, LEARNING)
    assert memory.new_administrators(["a"], ["a", "b"]) == ["a"]
    assert memory.new_administrators([], ["a"]) == []
    assert memory.new_administrators(["a"], ["a"]) == ["a"]
    assert len(memory.principals["AIDAALICE"].networks) == 64
    assert memory.changed
    again = decoded(encoded(memory))
    assert (again.principals, again.administrators, again.changed) == (memory.principals, ["a"], False)
