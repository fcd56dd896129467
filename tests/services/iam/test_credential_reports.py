"""The credential report: its rows, and through the public door."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamd.services.iam.credential_reports import COLUMNS, report
from iamd.store.image import Records
from iamd.store.interface import Usage
from iamd.store.kinds.credentials import SigningCertificate
from iamd.store.kinds.sign_in import LoginProfile, MfaDevice, PasswordPolicy
from iamd.store.records import AccessKey, Account, User
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.pki import issue
from tests.services.iam.support import denied, let, refused

START = datetime(2026, 9, 11, 13, 14, 43, tzinfo=UTC)
ROOT = f"<root_account>,arn:aws:iam::{ACCOUNT}:root,2026-09-11T13:14:43Z"
NOTHING_ELSE = "false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


class TestRows:
    """What live AWS's report said of users in such states, September 2026."""

    @pytest.fixture
    def records(self) -> Records:
        records = Records(ACCOUNT)
        records.accounts.add(Account(ACCOUNT, START))
        records.users.add(User(ACCOUNT, "AIDA1", "ann", "/a/", at(1)))
        return records

    def row(self, records: Records, used: dict[str, Usage] | None = None) -> str:
        """The user's row behind name, ARN and creation time."""
        line = report(records, (used or {}).get).splitlines()[2]
        head = f"ann,arn:aws:iam::{ACCOUNT}:user/a/ann,2026-09-11T13:14:44Z,"
        assert line.startswith(head)
        return line.removeprefix(head)

    def test_the_head_has_aws_s_22_columns(self, records: Records) -> None:
        assert report(records, {}.get).splitlines()[0] == (
            "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
            "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
            "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
            "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
            "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,"
            "cert_2_active,cert_2_last_rotated"
        )

    def test_lines_end_with_a_line_feed_but_the_last(self, records: Records) -> None:
        text = report(records, {}.get)
        assert not text.endswith("\n")
        assert "\r" not in text
        assert all(len(row) == len(COLUMNS) for row in csv.reader(text.splitlines()))

    def test_users_follow_the_root_user_by_name_whatever_its_case(self, records: Records) -> None:
        for number, name in enumerate(["Zoe", "bob", "Bea", "a,b"], start=2):
            records.users.add(User(ACCOUNT, f"AIDA{number}", name, "/", START))
        names = [row[0] for row in csv.reader(report(records, {}.get).splitlines())]
        assert names == ["user", "<root_account>", "a,b", "ann", "Bea", "bob", "Zoe"]

    def test_a_user_without_anything(self, records: Records) -> None:
        assert self.row(records) == f"false,N/A,N/A,N/A,{NOTHING_ELSE}"

    def test_a_password_that_was_never_used(self, records: Records) -> None:
        records.login_profiles.add(LoginProfile(ACCOUNT, "AIDA1", at(2), "$argon2id$", at(3), reset_required=True))
        assert self.row(records) == f"true,no_information,2026-09-11T13:14:46Z,N/A,{NOTHING_ELSE}"

    def test_a_password_that_was_used_and_will_expire(self, records: Records) -> None:
        records.login_profiles.add(LoginProfile(ACCOUNT, "AIDA1", at(2), "$argon2id$", at(2)))
        records.users.replace(records.users.get("AIDA1"), password_last_used=at(9))
        records.password_policies.add(PasswordPolicy(ACCOUNT, max_age=90))
        assert self.row(records) == (
            f"true,2026-09-11T13:14:52Z,2026-09-11T13:14:45Z,2026-12-10T13:14:45Z,{NOTHING_ELSE}"
        )

    def test_mfa(self, records: Records) -> None:
        records.mfa_devices.add(MfaDevice(ACCOUNT, "other", "/", b"", START))
        assert self.row(records) == f"false,N/A,N/A,N/A,{NOTHING_ELSE}"
        records.mfa_devices.add(MfaDevice(ACCOUNT, "ann", "/", b"", START, owner_id="AIDA1", enabled=START))
        assert self.row(records) == f"false,N/A,N/A,N/A,true{NOTHING_ELSE.removeprefix('false')}"

    def test_keys_are_in_order_of_their_ids_and_keep_their_dates(self, records: Records) -> None:
        records.access_keys.add(AccessKey(ACCOUNT, "AKIB", "AIDA1", b"", at(7), active=False))
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA", "AIDA1", b"", at(8)))
        used = {"AKIB": Usage(at(20), "eu-west-1", "sts")}
        assert self.row(records, used) == (
            "false,N/A,N/A,N/A,false,true,2026-09-11T13:14:51Z,N/A,N/A,N/A,"
            "false,2026-09-11T13:14:50Z,2026-09-11T13:15:03Z,eu-west-1,sts,false,N/A,false,N/A"
        )

    @pytest.mark.parametrize("inactive", [0, 1])
    def test_inactive_certificates_come_first(self, records: Records, inactive: int) -> None:
        for number in range(2):
            certificate = SigningCertificate(ACCOUNT, "BA"[number], "AIDA1", "", at(10 + number))
            records.signing_certificates.add(replace(certificate, active=number != inactive))
        dates = ["2026-09-11T13:14:53Z", "2026-09-11T13:14:54Z"]
        certificates = f"false,{dates[inactive]},true,{dates[1 - inactive]}"
        assert (
            self.row(records) == f"false,N/A,N/A,N/A,{NOTHING_ELSE.removesuffix('false,N/A,false,N/A')}{certificates}"
        )

    def test_the_root_user(self, records: Records) -> None:
        def root() -> str:
            return report(records, {}.get).splitlines()[1]

        assert root() == f"{ROOT},not_supported,N/A,not_supported,not_supported,{NOTHING_ELSE}"
        records.accounts.replace(records.account, root_password="$argon2id$")
        records.access_keys.add(AccessKey(ACCOUNT, "AKIA", ACCOUNT, b"", START))
        records.mfa_devices.add(MfaDevice(ACCOUNT, "root", "/", b"", START, owner_id=ACCOUNT, enabled=START))
        assert root() == (
            f"{ROOT},not_supported,no_information,not_supported,not_supported,true,"
            "true,2026-09-11T13:14:43Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        )


def table(iam: Any) -> dict[str, dict[str, str]]:
    """The report's rows by user."""
    rows = csv.DictReader(iam.get_credential_report()["Content"].decode().splitlines())
    return {row["user"]: row for row in rows}


@pytest.fixture
def keeps_reports(server: Live) -> Any:
    """A server that keeps a report for four hours, as those with a database do."""
    server.realm.renews_reports = False
    yield server
    server.realm.renews_reports = True


def age(server: Live, by: timedelta) -> None:
    """Let the report be older."""

    def work(change: Any) -> None:
        reports = change.records(ACCOUNT).credential_reports
        kept = reports.get(ACCOUNT)
        reports.replace(kept, generated=kept.generated - by)

    asyncio.run_coroutine_threadsafe(server.realm.store.write(work), server.loop).result(10)


def test_there_is_no_report_before_one_is_generated(iam: Any) -> None:
    assert refused(iam.get_credential_report) == ("ReportNotPresent", "Unknown")
    started = iam.generate_credential_report()
    assert started["State"] == "STARTED"
    assert started["Description"] == "No report exists. Starting a new report generation task"
    complete = iam.generate_credential_report()
    assert complete["State"] == "COMPLETE"
    assert "Description" not in complete


def test_the_report_tells_of_users_and_root(iam: Any, server: Live) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    created = iam.create_user(UserName="Bob", Path="/a/")["User"]
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    assert refused(server.client("iam", key).list_users)[0] == "AccessDenied"
    iam.create_login_profile(UserName="bob", Password="Correct-Horse-9")
    iam.upload_signing_certificate(UserName="bob", CertificateBody=issue("bob").pem)
    iam.generate_credential_report()
    answer = iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    assert answer["GeneratedTime"] >= before
    rows = table(iam)
    assert list(rows) == ["<root_account>", "Bob"]
    assert rows["<root_account>"]["access_key_1_active"] == "true"
    bob = rows["Bob"]
    assert bob["arn"] == created["Arn"]
    assert bob["user_creation_time"] == created["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (bob["password_enabled"], bob["password_last_used"], bob["mfa_active"]) == (
        "true",
        "no_information",
        "false",
    )
    assert (bob["access_key_1_last_used_service"], bob["access_key_1_last_used_region"]) == ("iam", "us-east-1")
    assert (bob["access_key_2_active"], bob["cert_1_active"], bob["cert_2_active"]) == ("false", "true", "false")


def test_a_server_in_memory_renews_the_report_whenever_asked(iam: Any) -> None:
    iam.generate_credential_report()
    iam.create_user(UserName="bob")
    assert "bob" not in table(iam)
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert "bob" in table(iam)


def test_others_keep_a_report_for_four_hours(iam: Any, keeps_reports: Live) -> None:
    iam.generate_credential_report()
    iam.create_user(UserName="bob")
    age(keeps_reports, timedelta(hours=3, minutes=59))
    kept = iam.get_credential_report()
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert iam.get_credential_report()["GeneratedTime"] == kept["GeneratedTime"]
    assert "bob" not in table(iam)
    age(keeps_reports, timedelta(minutes=2))
    assert refused(iam.get_credential_report) == ("ReportExpired", "Unknown")
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert "bob" in table(iam)
    assert iam.generate_credential_report()["State"] == "COMPLETE"


def test_reports_are_no_resource(iam: Any, user: Callable[..., Any]) -> None:
    eve = user("eve")("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    assert refused(eve.generate_credential_report) == denied(arn, "GenerateCredentialReport", "*")
    assert refused(eve.get_credential_report) == denied(arn, "GetCredentialReport", "*")
    let(iam, "eve", statement(["iam:GenerateCredentialReport", "iam:GetCredentialReport"]))
    eve.generate_credential_report()
    assert "eve" in table(eve)
